use byod_runtime::{Session, byod_module};

byod_module!("notes");

async fn calls(session: &Session) {
    let _ = notes::create(session, notes::CreateArgs { title: 7 }).await;
    let _ = notes::summary(session).await.unwrap().totel;
    let _ = notes::sumary(session).await;
}

fn main() {}
