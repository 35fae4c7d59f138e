//! The wrappers of main tables, of users with and without a deployment.

use byod_examples::{notifications, shares, templates, user_preferences, user_stats, users};
use byod_runtime::{Id, Location};
use serde_json::Value;

use super::wrappers::{both, json_of};
use crate::support::world::World;

#[tokio::test]
async fn main_tables_stay_on_main_for_everybody() {
    let Some(world) = World::start() else { return };
    let at = Location::Main;
    for (user, _) in both(&world).await {
        let session = &user.session;
        let template = templates::CreateArgs {
            name: "Summary".into(),
            category: templates::Category::Research,
            prompt: "Summarize: {{text}}".into(),
            is_public: false,
            description: None,
            model: None,
        };
        let id = from!(at, templates::create(session, template));
        let change = templates::UpdateArgs {
            id: id.clone(),
            name: Some("Short summary".into()),
            description: None,
            prompt: None,
            model: None,
            is_public: None,
        };
        from!(at, templates::update(session, change));
        let get = || by_id!(session, templates::get, GetArgs, id);
        let found = from!(at, get()).unwrap();
        assert_eq!(
            (&*found.name, found.author_id.as_ref().map(|id| id.as_str())),
            ("Short summary", Some(&*user.id))
        );
        let research = templates::ListArgs {
            category: Some(templates::Category::Research),
            limit: None,
        };
        assert!(
            from!(at, templates::list(session, research))
                .iter()
                .any(|it| it.id == id)
        );
        let () = from!(at, by_id!(session, templates::remove, RemoveArgs, id));
        assert_eq!(from!(at, get()), None);

        from!(
            at,
            users::update(
                session,
                users::UpdateArgs {
                    name: Some("Al".into()),
                    image_url: None
                }
            )
        );
        let me = from!(
            at,
            users::get(
                session,
                users::GetArgs {
                    id: Id::<byod_examples::Users>::new(&*user.id)
                }
            )
        );
        assert_eq!(me.unwrap().name, "Al");

        let dark = user_preferences::SetArgs {
            theme: Some(user_preferences::Theme::Dark),
            ..Default::default()
        };
        from!(at, user_preferences::set(session, dark));
        let mine: Value = json_of(from!(at, user_preferences::mine(session)));
        assert_eq!(mine["theme"], "dark");
        assert_eq!(json_of(from!(at, user_stats::mine(session))), Value::Null);
        assert_eq!(from!(at, notifications::unread(session)), 0.0);

        let share = shares::CreateArgs {
            conversation_id: "anything".into(),
            title: "Plans".into(),
            messages: vec![],
            expires_at: None,
        };
        let id = from!(at, shares::create(session, share));
        let shared = from!(at, shares::list(session));
        assert_eq!(shared.len(), 1);
        let opened = from!(
            at,
            shares::open(
                session,
                shares::OpenArgs {
                    token: shared[0].token.clone()
                }
            )
        );
        assert_eq!(opened.unwrap().title, "Plans");
        let () = from!(at, shares::remove(session, shares::RemoveArgs { id }));
        assert_eq!(from!(at, shares::list(session)), []);
    }
}
