//! Builders of an app's own: what one does beside telling its functions who calls.

use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, Expression, ObjectExpression, ObjectPropertyKind,
    PropertyKind, Statement as Ast,
};
use oxc_semantic::SymbolId;
use oxc_span::GetSpan;

use super::nodes::{CONTEXT, Reader};
use super::syntax::{Body, Parts, function, initializer, plain, property};
use super::telling::{Judge, Verdict};
use super::verdict::{Plain, Wrapper};

/// Where `convex-helpers` makes builders.
const CUSTOM: &str = "convex-helpers/server/customFunctions";

/// What the statement's one declaration is as a builder.
pub(super) fn wrapper(reader: &Reader<'_, '_>, statement: &Ast) -> Option<Wrapper> {
    if let Some(parts) = function(statement) {
        return Some(wrapped(reader, &parts));
    }
    let value = value(statement)?;
    match value.get_inner_expression() {
        // Another name for one.
        Expression::Identifier(name) => Some(Wrapper::Plain {
            base: name.name.to_string(),
            plain: Plain::default(),
        }),
        Expression::CallExpression(call) => Some(custom(reader, call)),
        _ => None,
    }
}

fn value<'e>(statement: &'e Ast<'e>) -> Option<&'e Expression<'e>> {
    match statement {
        Ast::ExportDeclaration(export) => initializer(&export.declaration),
        Ast::ExportDefaultDeclaration(export) => export.declaration.as_expression(),
        other => initializer(other.as_declaration()?),
    }
}

/// `(definition) => query({ args: definition.args, handler: async (ctx, args) => … })`
fn wrapped(reader: &Reader<'_, '_>, parts: &Parts<'_>) -> Wrapper {
    let mut judge = Judge::new(reader);
    let more = Wrapper::More(parts.span);
    let [parameter] = parts.parameters.items.as_slice() else {
        return more;
    };
    match &parameter.pattern {
        BindingPattern::BindingIdentifier(name) => judge.definition = Some(name.symbol_id()),
        BindingPattern::ObjectPattern(pattern) => {
            for property in &pattern.properties {
                match (property.key.static_name(), &property.value) {
                    (Some(key), BindingPattern::BindingIdentifier(name)) => {
                        judge.options.push((name.symbol_id(), key.to_string()));
                    }
                    _ => return more,
                }
            }
            if let Some(rest) = &pattern.rest {
                match &rest.argument {
                    BindingPattern::BindingIdentifier(name) => {
                        judge.definition = Some(name.symbol_id());
                    }
                    _ => return more,
                }
            }
        }
        _ => return more,
    }
    let returned = match &parts.body {
        Body::Value(value) => value,
        Body::Statements([Ast::ReturnStatement(returned)]) => match &returned.argument {
            Some(value) => value,
            None => return more,
        },
        Body::Statements(_) => return more,
    };
    let Expression::CallExpression(call) = returned.get_inner_expression() else {
        return more;
    };
    let (Expression::Identifier(base), [Argument::ObjectExpression(made)]) =
        (&call.callee, call.arguments.as_slice())
    else {
        return more;
    };
    let verdict = made_of(&mut judge, made);
    match judge.judged(verdict) {
        Ok(plain) => Wrapper::Plain {
            base: base.name.to_string(),
            plain,
        },
        Err(span) => Wrapper::More(span),
    }
}

/// What a builder gives to the one that it is made of.
fn made_of(judge: &mut Judge<'_, '_, '_>, made: &ObjectExpression) -> Verdict {
    for property in &made.properties {
        let property = match property {
            // `...definition`
            ObjectPropertyKind::SpreadProperty(spread)
                if judge.definition.is_some()
                    && judge.reader.symbol(&spread.argument) == judge.definition =>
            {
                continue;
            }
            ObjectPropertyKind::SpreadProperty(spread) => return Err(spread.span),
            ObjectPropertyKind::ObjectProperty(property) => property,
        };
        let name = property.key.static_name().unwrap_or_default();
        let is_handed_on = judge.option(&property.value).is_some_and(|o| o == name);
        if matches!(&*name, "args" | "returns" | "handler") && is_handed_on {
            continue;
        }
        if name != "handler" || property.kind != PropertyKind::Init {
            return Err(property.span);
        }
        let parts = Parts::of(&property.value).ok_or(property.span)?;
        handler(judge, &parts)?;
    }
    Ok(())
}

/// `async (ctx, args) => await definition.handler({ ...ctx, user: await getUser(ctx) }, args)`
fn handler(judge: &mut Judge<'_, '_, '_>, parts: &Parts<'_>) -> Verdict {
    judge.context = parts.parameter(0);
    let args = parts.parameter(1);
    if judge.context.is_none() || (args.is_none() && parts.parameters.items.len() > 1) {
        return Err(parts.span);
    }
    let mut answer =
        |judge: &mut Judge<'_, '_, '_>, value: &Expression| runs_handler(judge, value, args);
    match &parts.body {
        Body::Value(value) => answer(judge, value),
        Body::Statements(statements) => judge.statements(statements, &mut answer),
    }
}

fn runs_handler(
    judge: &mut Judge<'_, '_, '_>,
    value: &Expression,
    args: Option<SymbolId>,
) -> Verdict {
    let more = Err(value.span());
    let Expression::CallExpression(call) = plain(value) else {
        return more;
    };
    if judge.option(&call.callee).as_deref() != Some("handler") {
        return more;
    }
    let mut given = call.arguments.iter().map(Argument::as_expression);
    let is_context = match given.next() {
        Some(Some(context)) => judge.is_context(context),
        _ => false,
    };
    let are_args = match given.next() {
        Some(Some(given)) => args.is_some() && judge.reader.symbol(given) == args,
        Some(None) => false,
        None => true,
    };
    if is_context && are_args && given.next().is_none() {
        Ok(())
    } else {
        more
    }
}

/// `customQuery(query, customCtx(async (ctx) => ({ user: await getUser(ctx) })))`, or
/// `customMutation(mutation, customCtx(triggers.wrapDB))`
fn custom(reader: &Reader<'_, '_>, call: &CallExpression) -> Wrapper {
    let more = Wrapper::More(call.span);
    let taken = |expression: &Expression| {
        let import = reader.symbol(expression).and_then(|s| reader.import(s));
        import.and_then(|(from, taken)| taken.filter(|_| from == CUSTOM))
    };
    let is_custom = taken(&call.callee)
        .is_some_and(|name| matches!(&*name, "customQuery" | "customMutation" | "customAction"));
    let [Argument::Identifier(base), customization] = call.arguments.as_slice() else {
        return more;
    };
    let (true, Some(customization)) = (is_custom, customization.as_expression()) else {
        return more;
    };
    if taken(&call.callee).as_deref() == Some("customMutation")
        && let Expression::CallExpression(made) = customization.get_inner_expression()
        && taken(&made.callee).as_deref() == Some("customCtx")
        && let [Argument::StaticMemberExpression(member)] = made.arguments.as_slice()
        && member.property.name == "wrapDB"
        && let Expression::Identifier(triggers) = &member.object
    {
        return Wrapper::Triggers {
            base: base.name.to_string(),
            triggers: triggers.name.to_string(),
        };
    }
    let mut judge = Judge::new(reader);
    let verdict = match customization.get_inner_expression() {
        Expression::Identifier(_) if taken(customization).as_deref() == Some("NoOp") => Ok(()),
        Expression::CallExpression(call) if taken(&call.callee).as_deref() == Some("customCtx") => {
            match call.arguments.as_slice() {
                [one] => one
                    .as_expression()
                    .and_then(Parts::of)
                    .map_or(Err(call.span), |parts| adds(&mut judge, &parts, &mut added)),
                _ => Err(call.span),
            }
        }
        Expression::ObjectExpression(object) => input(&mut judge, object),
        other => Err(other.span()),
    };
    match judge.judged(verdict) {
        Ok(plain) => Wrapper::Plain {
            base: base.name.to_string(),
            plain,
        },
        Err(span) => Wrapper::More(span),
    }
}

/// `{ args: {}, input: async (ctx) => ({ ctx: { user }, args: {} }) }`
fn input(judge: &mut Judge<'_, '_, '_>, object: &ObjectExpression) -> Verdict {
    let is_bare = matches!(property(object, "args"),
        Some(Expression::ObjectExpression(args)) if args.properties.is_empty());
    let input = property(object, "input").and_then(Parts::of);
    let (true, Some(input), 2) = (is_bare, input, object.properties.len()) else {
        return Err(object.span);
    };
    // Of the builder's own arguments, of which there are none.
    let none = input.parameter(1);
    adds(judge, &input, &mut |judge, value| {
        let Expression::ObjectExpression(given) = value.get_inner_expression() else {
            return Err(value.span());
        };
        let has_args = property(given, "args").is_none_or(|args| {
            let is_none = none.is_some() && judge.reader.symbol(args) == none;
            is_none
                || matches!(args, Expression::ObjectExpression(args) if args.properties.is_empty())
        });
        match property(given, "ctx") {
            Some(context) if has_args && given.properties.len() <= 2 => added(judge, context),
            _ => Err(given.span),
        }
    })
}

fn adds(
    judge: &mut Judge<'_, '_, '_>,
    parts: &Parts<'_>,
    answer: &mut dyn FnMut(&mut Judge<'_, '_, '_>, &Expression) -> Verdict,
) -> Verdict {
    judge.context = parts.parameter(0);
    match &parts.body {
        Body::Value(value) => answer(judge, value),
        Body::Statements(statements) => {
            let mut answer =
                |judge: &mut Judge<'_, '_, '_>, value: &Expression| answer(judge, value);
            judge.statements(statements, &mut answer)
        }
    }
}

/// What a builder adds to the context: of the caller alone.
fn added(judge: &mut Judge<'_, '_, '_>, value: &Expression) -> Verdict {
    let Expression::ObjectExpression(object) = value.get_inner_expression() else {
        return Err(value.span());
    };
    let is_told = object.properties.iter().all(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            let name = property.key.static_name();
            name.is_some_and(|name| !CONTEXT.contains(&&*name))
                && judge.told(&property.value).is_some()
        }
        // `...ctx`
        ObjectPropertyKind::SpreadProperty(spread) => judge.is_context(&spread.argument),
    });
    if is_told { Ok(()) } else { Err(object.span) }
}
