//! Quotes what the runtime knows of a function.

use byod_schema::{FunctionType, Injection, Placed, Runs};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// `FunctionInfo { … }`
pub(crate) fn info(placed: &Placed) -> TokenStream {
    let path = placed.path.to_string();
    // The body of every call begins with it: written once, at compile time.
    let head = format!(
        r#"{{"path":{},"format":"convex_encoded_json","args":"#,
        serde_json::Value::from(path.as_str())
    );
    let kind = match placed.function_type {
        FunctionType::Query => quote!(Query),
        FunctionType::Mutation => quote!(Mutation),
        FunctionType::Action => quote!(Action),
    };
    let runs = runs(placed);
    let (table, switches) = (&placed.table, &placed.switches);
    let (mirror, outbox) = (&placed.mirror, placed.outbox);
    let (schema_version, takes) = (placed.schema_version, &placed.takes);
    let inject = placed.inject.iter().map(|(name, injection)| {
        let injection = match injection {
            Injection::Subject => quote!(Subject),
            Injection::Now => quote!(Now),
            Injection::IdempotencyKey => quote!(IdempotencyKey),
        };
        quote!((#name, ::byod_runtime::codec::Injection::#injection))
    });
    quote! {
        ::byod_runtime::FunctionInfo {
            path: #path,
            kind: ::byod_runtime::FunctionType::#kind,
            runs: #runs,
            table: #table,
            switches: &[#(#switches),*],
            head: #head,
            inject: &[#(#inject),*],
            mirror: &[#(#mirror),*],
            outbox: #outbox,
            schema_version: #schema_version,
            takes: &[#(#takes),*],
        }
    }
}

fn runs(placed: &Placed) -> TokenStream {
    match &placed.runs {
        Runs::User => quote!(::byod_runtime::Runs::User),
        Runs::Main if placed.asks_users => quote!(::byod_runtime::Runs::Asks),
        Runs::Main => {
            let sees_no_connected = placed.sees_no_connected;
            quote!(::byod_runtime::Runs::Main { sees_no_connected: #sees_no_connected })
        }
        Runs::Refused { refusal, reason } => {
            // Its variant's name.
            let refusal = format_ident!("{refusal:?}");
            quote! {
                ::byod_runtime::Runs::Refused {
                    refusal: ::byod_runtime::Refusal::#refusal,
                    reason: #reason,
                }
            }
        }
    }
}
