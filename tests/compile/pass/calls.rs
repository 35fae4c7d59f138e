//! What calls take and give: builders, and pages.

use byod_runtime::{Doc, Error, Id, Items, Page, PaginatedQuery, Session, byod_table};

#[byod_table(location = "user", returns(found = Page<Found>))]
pub struct Notes;

/// What `notes:found` gives.
#[derive(serde::Deserialize)]
pub struct Found {
    pub title: String,
}

pub async fn pages(session: &Session) -> Result<(), Error> {
    let call: PaginatedQuery<Doc<Notes>> =
        notes::page(session, notes::PageArgs { title: "Hi".into() });
    let page: Page<Doc<Notes>> = call.page_size(20).await?;
    let next =
        notes::page(session, notes::PageArgs { title: "Hi".into() }).cursor(page.continue_cursor);
    let mut pages = next.pages();
    while let Some(page) = pages.next().await {
        let _: Vec<Doc<Notes>> = page?.page;
    }
    let mut titles: Items<String> = notes::titles(session).items();
    while let Some(title) = titles.next().await {
        let _: String = title?;
    }
    let _: Page<Found> = notes::found(session).await?;
    let (_, _): (Page<String>, Page<Found>) = session
        .batch((
            notes::titles(session).query(),
            notes::found(session).query(),
        ))
        .await?;
    Ok(())
}

#[test]
fn runs() {
    let id: Id<Notes> = Id::<Notes>::new("n1");
    // In any order; text may be borrowed, and what is optional left out.
    let built = notes::PublishArgs::builder()
        .title("Hi")
        .id(id.clone())
        .pinned(true)
        .body("…")
        .until(None)
        .build();
    let written = notes::PublishArgs {
        id,
        title: "Hi".into(),
        pinned: true,
        body: Some("…".into()),
        build: None,
        until: Some(None),
    };
    assert_eq!(built, written);
    let same = notes::PublishArgs {
        build: Some(1.0),
        ..built
    };
    let named_like_the_method = notes::PublishArgs::builder()
        .pinned(true)
        .id(same.id.clone())
        .title("Hi")
        .body("…")
        .until(None)
        .build__build(1.0);
    assert_eq!(named_like_the_method.build(), same);
}
