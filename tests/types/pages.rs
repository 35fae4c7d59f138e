//! Paginated queries: pages and items as streams.

use byod_local::{FunctionError, Local, LocalDeployment};
use byod_runtime::{Byod, Credentials, EncryptionKey, Error, Outcome, PageStatus, Session};
use byod_types_tests::{MANIFEST, TABLES, notes};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

struct Service {
    byod: Byod,
    main: LocalDeployment,
    alices: LocalDeployment,
    alice_id: String,
}

impl Service {
    /// Alice has an account and 25 notes on main, and a deployment that isn't
    /// connected yet.
    async fn start(change: impl FnOnce(Local) -> Local) -> Self {
        let manifest = byod_local::read_manifest(MANIFEST).unwrap();
        let main = change(Local::main(&manifest)).start().await.unwrap();
        let alices = Local::user(&manifest).start().await.unwrap();
        let alice_id = main.insert("users", json!({"subject": "alice"})).unwrap();
        for number in 0..25 {
            let note = json!({"userId": alice_id, "title": number.to_string()});
            main.insert("notes", note).unwrap();
        }
        let byod = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .tables(TABLES)
            .development(true);
        Self {
            byod: byod.build().unwrap(),
            main,
            alices,
            alice_id,
        }
    }

    fn alice(&self) -> Session {
        let token = self.main.token("alice").unwrap();
        self.byod
            .session(&*self.alice_id, "alice")
            .with_token(token)
    }

    async fn connect_alice(&self) {
        let credentials = Credentials {
            deployment_url: self.alices.url(),
            deploy_key: self.alices.deploy_key().into(),
        };
        let connected = self.byod.connect(&*self.alice_id, "alice", &credentials);
        assert_eq!(connected.await.unwrap().problem, None);
        self.alices.reset_requests();
    }

    /// How many pages main was asked for.
    fn pages_read(&self) -> usize {
        let requests = self.main.requests();
        let functions = requests.iter().flat_map(|request| &request.functions);
        functions.filter(|path| path.starts_with("notes:")).count()
    }
}

fn numbers(range: impl Iterator<Item = u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn items_are_those_of_all_pages_in_order() {
    let service = Service::start(|main| main).await;
    let items = notes::list(&service.alice()).page_size(10).items();
    let titles: Vec<String> = items
        .map_ok(|note| note.fields.title)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(titles, numbers((0..25).rev()));
    assert_eq!(service.pages_read(), 3);
}

#[tokio::test]
async fn pages_have_the_size_asked_for_and_the_last_one_says_so() {
    let service = Service::start(|main| main).await;
    let mut pages = notes::list(&service.alice()).page_size(10).pages();
    for (size, done) in [(10, false), (10, false), (5, true)] {
        let page = pages.next().await.unwrap().unwrap();
        assert_eq!((page.page.len(), page.is_done), (size, done));
    }
    assert!(pages.next().await.is_none());
    assert!(pages.next().await.is_none(), "and stays at its end");
    assert_eq!(service.pages_read(), 3);
}

#[tokio::test]
async fn a_page_is_requested_when_the_one_before_has_been_taken() {
    let service = Service::start(|main| main).await;
    let mut items = notes::list(&service.alice()).page_size(10).items();
    assert_eq!(service.pages_read(), 0);
    for _ in 0..10 {
        items.next().await.unwrap().unwrap();
    }
    assert_eq!(service.pages_read(), 1);
    items.next().await.unwrap().unwrap();
    drop(items);
    assert_eq!(service.pages_read(), 2, "and none once nobody listens");
}

#[tokio::test]
async fn one_page_goes_on_at_a_cursor() {
    let service = Service::start(|main| main).await;
    let alice = service.alice();
    let first = notes::list(&alice).page_size(20).await.unwrap();
    let rest = notes::list(&alice)
        .page_size(20)
        .cursor(first.continue_cursor);
    let rest = rest.routed().await.unwrap();
    assert!(!rest.deployment.is_user());
    assert_eq!((rest.value.page.len(), rest.value.is_done), (5, true));
    // Without a size a page has up to a hundred; as a plain query it can be batched.
    let (all,) = alice.batch((notes::list(&alice).query(),)).await.unwrap();
    assert_eq!(all.page.len(), 25);
}

#[tokio::test]
async fn an_error_is_the_last_thing_that_a_stream_gives() {
    let service = Service::start(|main| {
        main.function("notes:titles", |_, args| match args.get("paginationOpts") {
            Some(options) if format!("{options:?}").contains("next") => {
                Err(FunctionError::new("the index is gone"))
            }
            _ => Ok(page(&["a"], "next", false)),
        })
    })
    .await;
    let mut items = titles(&service).items();
    assert_eq!(items.next().await.unwrap().unwrap(), "a");
    let error = items.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("the index is gone"), "{error}");
    assert!(items.next().await.is_none());
    assert_eq!(service.pages_read(), 2);
}

#[tokio::test]
async fn a_cursor_is_not_taken_to_another_deployment() {
    let service = Service::start(|main| main).await;
    let mut pages = notes::list(&service.alice()).page_size(10).pages();
    pages.next().await.unwrap().unwrap();
    service.connect_alice().await;
    let error = pages.next().await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::DeploymentChanged { before, .. } if !before.is_user()));
    assert!(
        error
            .to_string()
            .contains("begin again with the first page"),
        "{error}"
    );
    assert_eq!(
        (error.outcome(), error.is_retryable()),
        (Outcome::NotExecuted, false)
    );
    assert_eq!(service.alices.request_count(), 0);
    assert!(pages.next().await.is_none());

    // Begun again, it reads where the user's data is now.
    let again = notes::list(&service.alice())
        .items()
        .collect::<Vec<_>>()
        .await;
    assert_eq!(again.len(), 0);
    assert_eq!(service.alices.request_count(), 1);
}

/// A page as Convex's `paginate` gives it.
fn page(items: &[&str], next: &str, done: bool) -> Value {
    json!({"page": items, "continueCursor": next, "isDone": done, "splitCursor": null, "pageStatus": null})
}

fn titles(service: &Service) -> byod_runtime::PaginatedQuery<String> {
    let args = notes::TitlesArgs {
        prefix: String::new(),
    };
    notes::titles(&service.alice(), args).page_size(10)
}

/// The numbers up to 25, of which the deployment manages to read `most` at once.
fn numbers_in_parts(args: &byod_local::Object, most: usize) -> Value {
    let options = serde_json::to_value(args.get("paginationOpts").unwrap()).unwrap();
    let at = |key: &str| {
        options[key]
            .as_str()
            .map(|text| text.parse::<usize>().unwrap())
    };
    let start = at("cursor").unwrap_or(0);
    let size = options["numItems"].as_f64().unwrap() as usize;
    let end = at("endCursor").unwrap_or(start + size).min(25);
    let read = (end - start).min(most);
    let items: Vec<String> = (start..start + read)
        .map(|number| number.to_string())
        .collect();
    let whole = read == end - start;
    json!({
        "page": items,
        "continueCursor": end.to_string(),
        "isDone": end == 25,
        "splitCursor": ((start + end) / 2).to_string(),
        "pageStatus": if whole { "SplitRecommended" } else { "SplitRequired" },
    })
}

#[tokio::test]
async fn a_page_that_is_too_much_is_read_in_parts() {
    for most in [1, 2, 3, 7, 10] {
        let service = Service::start(|main| {
            main.function("notes:titles", move |_, args| {
                Ok(numbers_in_parts(&args, most))
            })
        })
        .await;
        let mut read = Vec::new();
        let mut pages = titles(&service).pages();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            assert_eq!(page.page_status, Some(PageStatus::SplitRecommended));
            assert!(page.page.len() <= most);
            read.extend(page.page);
        }
        assert_eq!(read, numbers(0..25), "{most} at once");
    }
}

#[tokio::test]
async fn what_would_never_end_is_an_error() {
    let stuck = |answer: fn() -> Value| {
        Service::start(move |main| main.function("notes:titles", move |_, _| Ok(answer())))
    };
    // The function doesn't pass its options on.
    let service = stuck(|| page(&["a"], "same", false)).await;
    let all = titles(&service).items().collect::<Vec<_>>().await;
    let errors: Vec<String> = all
        .iter()
        .filter_map(|item| item.as_ref().err())
        .map(ToString::to_string)
        .collect();
    assert_eq!(all.len(), 2);
    assert!(errors[0].contains("`paginationOpts`"), "{errors:?}");

    // Parts that don't get smaller.
    let service = stuck(|| {
        let mut page = page(&[], "end", false);
        page["pageStatus"] = "SplitRequired".into();
        page["splitCursor"] = "middle".into();
        page
    })
    .await;
    let error = titles(&service).pages().next().await.unwrap().unwrap_err();
    assert!(
        error.to_string().contains("ask for smaller pages"),
        "{error}"
    );
    assert!(service.pages_read() < 40);

    // No size at all is refused before anything is sent.
    let error = titles(&service).page_size(0).await.unwrap_err();
    assert!(matches!(error, Error::Encode { .. }), "{error}");
    assert!(error.to_string().contains("the page size is 0"), "{error}");
}
