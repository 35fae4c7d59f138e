//! What the JavaScript side (`js/`) asks of this side: resolving, reading
//! and compiling modules.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use rquickjs::context::EvalOptions;
use rquickjs::{Array, Ctx, Exception, Function, Object, Value};

use super::{Host, INERT, Noticing, OF_NODE};
use crate::limits::Clock;
use crate::standin::Standin;
use crate::typescript;

/// The object `host` of the JavaScript side.
pub(crate) fn object<'js>(
    ctx: &Ctx<'js>,
    host: &Rc<RefCell<Host>>,
    clock: &Rc<Clock>,
) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("placeholders", host.borrow().placeholders)?;
    let noticing = host.borrow().noticing;
    object.set("notices", noticing != Noticing::Nobody)?;
    object.set("packagesNotice", noticing == Noticing::Packages)?;
    let state = host.clone();
    object.set(
        "meetsInert",
        Function::new(ctx.clone(), move |is_ambient: bool| {
            let needed = if is_ambient {
                Noticing::OwnModules
            } else {
                Noticing::Packages
            };
            let mut host = state.borrow_mut();
            host.needed = host.needed.max(needed);
        })?,
    )?;
    let state = host.clone();
    object.set(
        "resolve",
        Function::new(
            ctx.clone(),
            move |specifier: String, importer: String, is_require: bool| {
                state
                    .borrow_mut()
                    .resolve(&specifier, &importer, is_require)
            },
        )?,
    )?;
    let state = host.clone();
    object.set(
        "load",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, id: String| {
            load(&ctx, &state, &id)
        })?,
    )?;
    let state = host.clone();
    object.set(
        "isNodeModule",
        Function::new(ctx.clone(), move |id: String| {
            state.borrow_mut().is_node_module(&id)
        })?,
    )?;
    let state = host.clone();
    object.set(
        "isPure",
        Function::new(ctx.clone(), move |id: String| {
            state.borrow_mut().purity.is_pure(Path::new(&id))
        })?,
    )?;
    let state = host.clone();
    object.set(
        "shown",
        Function::new(ctx.clone(), move |id: String| state.borrow().shown(&id))?,
    )?;
    let state = host.clone();
    object.set(
        "place",
        Function::new(ctx.clone(), move |id: String, stack: String| {
            state.borrow().place(&id, &stack)
        })?,
    )?;
    let state = host.clone();
    object.set(
        "approximates",
        Function::new(ctx.clone(), move || {
            let mut host = state.borrow_mut();
            let running = host.running.clone();
            host.approximating.insert(running);
        })?,
    )?;
    let state = host.clone();
    object.set(
        "running",
        Function::new(ctx.clone(), move |id: String| {
            state.borrow_mut().set_running(id);
        })?,
    )?;
    let state = host.clone();
    object.set(
        "runningNow",
        Function::new(ctx.clone(), move || state.borrow().running.clone())?,
    )?;
    object.set(
        "standinFor",
        Function::new(ctx.clone(), |id: String| {
            Standin::of_generated(&id).map_or(String::new(), |standin| standin.to_string())
        })?,
    )?;
    let clock = clock.clone();
    object.set(
        "drain",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
            while !clock.has_stopped() && ctx.execute_pending_job() {}
        })?,
    )?;
    Ok(object)
}

/// What the registry needs to run the module `id`; throws where it can't be compiled.
fn load<'js>(ctx: &Ctx<'js>, host: &RefCell<Host>, id: &str) -> rquickjs::Result<Object<'js>> {
    let loaded = Object::new(ctx.clone())?;
    let of_node = id.strip_prefix(OF_NODE);
    if let Some(origin) = of_node.or(id.strip_prefix(INERT)) {
        loaded.set("kind", "inert")?;
        loaded.set("origin", origin)?;
        loaded.set("isOfNode", of_node.is_some())?;
        return Ok(loaded);
    }
    let mut host = host.borrow_mut();
    if let Some(reason) = host.stopped.borrow().get(id) {
        return Err(Exception::throw_message(ctx, reason));
    }
    let path = Path::new(id);
    let dialect = host.dialect_of(path);
    let (path, source) = match id.parse::<Standin>() {
        Ok(standin) => {
            if let Some((specifier, _)) = standin.of_package() {
                let folder = host.folder.clone();
                let absent = host.resolution.not_found(&folder, specifier);
                loaded.set("absent", absent)?;
            }
            (Path::new("standin.js"), standin.source())
        }
        Err(()) => {
            let source = host
                .read(path)
                .map_err(|error| Exception::throw_message(ctx, &error))?;
            (path, source)
        }
    };
    let ending = path.extension().and_then(|ending| ending.to_str());
    if let Some(kind @ ("json" | "txt")) = ending {
        loaded.set("kind", kind)?;
        loaded.set("text", source)?;
        return Ok(loaded);
    }
    let compiled = match typescript::compile(path, source, dialect) {
        Ok(compiled) => compiled,
        Err(error) => {
            host.syntax_errors
                .insert(id.to_owned(), (error.line, error.column));
            return Err(Exception::throw_syntax(ctx, &error.message));
        }
    };
    drop(host);
    loaded.set("kind", if compiled.is_esm { "esm" } else { "cjs" })?;
    loaded.set("imports", strings(ctx, &compiled.imports)?)?;
    loaded.set("stars", strings(ctx, &compiled.stars)?)?;
    let reexports = Array::new(ctx.clone())?;
    for (index, one) in compiled.reexports.into_iter().enumerate() {
        let names = [one.exported, one.specifier, one.imported];
        reexports.set(index, strings(ctx, &names)?)?;
    }
    loaded.set("reexports", reexports)?;
    let mut options = EvalOptions::default();
    // CommonJS too: Convex puts it into ES modules.
    options.strict = true;
    options.filename = Some(id.to_owned());
    loaded.set(
        "run",
        ctx.eval_with_options::<Value, _>(compiled.code, options)?,
    )?;
    Ok(loaded)
}

fn strings<'js>(ctx: &Ctx<'js>, values: &[String]) -> rquickjs::Result<Array<'js>> {
    let array = Array::new(ctx.clone())?;
    for (index, value) in values.iter().enumerate() {
        array.set(index, value.as_str())?;
    }
    Ok(array)
}
