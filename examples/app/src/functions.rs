//! What the deployments' functions do that `byod-local` doesn't know by itself: the same as in `examples/convex`.

use byod_local::{Ctx, FunctionError, Local, Object};
use byod_runtime::Value;
use serde_json::json;

/// The functions that both sides have.
pub(crate) fn of_both(local: Local) -> Local {
    local
        .function("messages:page", page)
        .function("messages:create", |ctx, args| create_message(ctx, &args))
}

/// And main's own.
pub(crate) fn of_main(main: Local) -> Local {
    of_both(main)
        .function("ai:reply", reply)
        .function("users:me", |ctx, _| Ok(ctx.user("users").ok()))
}

/// Whose conversations the call is about: what the service fills in on a user's deployment; on main, who signed in.
fn owner(ctx: &Ctx<'_>, args: &Object) -> Result<String, FunctionError> {
    if let Some(subject) = args.str("userId") {
        return Ok(subject.to_owned());
    }
    let user = ctx.user("users")?;
    Ok(user.id().unwrap_or_default().to_owned())
}

/// The caller's conversation that the arguments name.
fn conversation(ctx: &Ctx<'_>, args: &Object) -> Result<(String, String), FunctionError> {
    let owner = owner(ctx, args)?;
    let id = args.str("conversationId").unwrap_or_default();
    let found = ctx.get(id);
    if found.is_none_or(|found| found.str("userId") != Some(&owner)) {
        let data = [("code", "not_found"), ("message", "No such document")];
        return Err(FunctionError::convex(Value::from_iter(data)));
    }
    Ok((id.to_owned(), owner))
}

fn page(ctx: &mut Ctx<'_>, args: Object) -> Result<Object, FunctionError> {
    let (id, _) = conversation(ctx, &args)?;
    let options = args.get("paginationOpts").cloned();
    let messages = ctx.query("messages").eq("conversationId", &*id);
    messages.desc().paginate(&options.unwrap_or(Value::Null))
}

/// Writes a message into the caller's conversation.
///
/// # Errors
///
/// Where there is no such conversation of theirs.
pub fn create_message(ctx: &mut Ctx<'_>, args: &Object) -> Result<String, FunctionError> {
    let (id, owner) = conversation(ctx, args)?;
    let now = ctx.now();
    ctx.patch(&id, json!({"lastMessageAt": now, "updatedAt": now}))?;
    let message = json!({
        "userId": owner, "conversationId": id, "status": "complete",
        "role": args.str("role"), "content": args.str("content"),
        "createdAt": now, "updatedAt": now,
    });
    ctx.insert("messages", message)
}

/// An assistant that has no model behind it. As in `examples/convex/ai.ts` it is given the conversation and stores nothing.
fn reply(ctx: &mut Ctx<'_>, args: Object) -> Result<String, FunctionError> {
    ctx.user("users")?;
    let said = match args.get("messages") {
        Some(Value::Array(messages)) => messages.len(),
        _ => 0,
    };
    Ok(format!(
        "I have read what is here, {said} in all, and kept nothing."
    ))
}
