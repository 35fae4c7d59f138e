//! The example's user project in `byod-local`, with closures for what its
//! functions do beyond what `byod-local` does by itself.

use byod_local::{Ctx, FunctionError, Local, Manifest, Object, Value};
use serde_json::{Value as Json, json};

pub fn user(manifest: &Manifest) -> Local {
    Local::user(manifest)
        .function("conversations:create", |ctx, mut conversation| {
            conversation.set("archived", false);
            conversation.set("pinned", false);
            ctx.insert("conversations", conversation)
        })
        .function("conversations:archive", change_conversation)
        .function("conversations:pin", change_conversation)
        .function("conversations:remove", |ctx, args| {
            let id = owned(ctx, &args, "id")?;
            for message in messages_of(ctx, &id)? {
                ctx.delete(message.id().unwrap_or_default())?;
            }
            ctx.delete(&id)
        })
        .function("conversations:count", |ctx, args| {
            let mine = ctx.query("conversations").eq("userId", user_of(&args));
            Ok(mine.collect()?.len() as f64)
        })
        .function("messages:list", |ctx, args| {
            let conversation = owned(ctx, &args, "conversationId")?;
            messages_of(ctx, &conversation)
        })
        .function("messages:page", |ctx, args| {
            let conversation = owned(ctx, &args, "conversationId")?;
            let options = args.get("paginationOpts").cloned().unwrap_or(Value::Null);
            let messages = ctx.query("messages").index("by_conversation");
            messages
                .eq("conversationId", conversation)
                .desc()
                .paginate(&options)
        })
        .function("messages:create", |ctx, mut message| {
            let conversation = owned(ctx, &message, "conversationId")?;
            let changes = [
                ("lastMessageAt", field(&message, "createdAt")),
                ("updatedAt", field(&message, "updatedAt")),
            ];
            ctx.patch(&conversation, Object::from(changes))?;
            message.set("status", "complete");
            ctx.insert("messages", message)
        })
        .function("tasks:complete", |ctx, args| {
            let id = owned(ctx, &args, "id")?;
            let now = field(&args, "updatedAt");
            let changes = [
                ("status", "done".into()),
                ("completedAt", now.clone()),
                ("updatedAt", now),
            ];
            ctx.patch(&id, Object::from(changes))
        })
        .function("tasks:counts", |ctx, args| {
            let mut counts = json!({"todo": 0, "in_progress": 0, "done": 0, "cancelled": 0});
            for task in ctx.query("tasks").eq("userId", user_of(&args)).collect()? {
                let count = &mut counts[task.str("status").unwrap_or_default()];
                *count = Json::from(count.as_i64().unwrap_or_default() + 1);
            }
            Ok(counts)
        })
}

fn change_conversation(ctx: &mut Ctx<'_>, mut args: Object) -> Result<(), FunctionError> {
    let id = owned(ctx, &args, "id")?;
    for other in ["id", "userId", "createdAt"] {
        args.remove(other);
    }
    ctx.patch(&id, args)
}

fn messages_of(ctx: &Ctx<'_>, conversation: &str) -> Result<Vec<Object>, FunctionError> {
    ctx.query("messages")
        .eq("conversationId", conversation)
        .collect()
}

/// The id in that argument, of a document that is the caller's.
fn owned(ctx: &Ctx<'_>, args: &Object, argument: &str) -> Result<String, FunctionError> {
    let id = args.str(argument).unwrap_or_default();
    match ctx.get(id) {
        Some(document) if document.get("userId") == args.get("userId") => Ok(id.to_owned()),
        _ => {
            let data = [("code", "not_found"), ("message", "No such document")];
            Err(FunctionError::convex(Value::from_iter(data)))
        }
    }
}

fn user_of(args: &Object) -> Value {
    field(args, "userId")
}

fn field(args: &Object, name: &str) -> Value {
    args.get(name).cloned().unwrap_or(Value::Null)
}
