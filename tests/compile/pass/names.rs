//! Names that Rust has other uses for, and names that come out equal.

use byod_runtime::{Session, byod_table};

// Functions whose names are keywords are named here as they are.
#[byod_table(location = "main", skip(loop), returns(match = Option<Doc<Self>>))]
pub struct OddNames;

use byod_runtime::Doc;

// `teamLogs` and `team_logs` have structs and modules of their own.
#[byod_table(location = "main", table = "teamLogs")]
pub struct TeamLogs;

#[byod_table(location = "main", table = "team_logs")]
pub struct OtherTeamLogs;

mod written {
    use byod_runtime::byod_table;

    #[byod_table(location = "main", partial)]
    #[allow(non_snake_case)]
    pub struct OddNames {
        pub r#type: String,
        // As in the schema, and as it is in Rust where there are several.
        pub userId: String,
        pub user_id__user__id: String,
        #[byod(rename = "2fa")]
        pub two_factors: A,
    }

    /// A type of the user's own.
    pub type A = bool;
}

pub async fn functions(session: &Session) -> Result<(), byod_runtime::Error> {
    let _: String = odd_names::r#type(
        session,
        odd_names::TypeArgs {
            self_: String::new(),
        },
    )
    .await?;
    let _: Option<Doc<OddNames>> = odd_names::r#match(session).await?;
    let args = odd_names::GetItem__get__itemArgs { b: "b".into() };
    let b = odd_names::get_item__get__item(session, args).await?;
    let args = odd_names::GetItem__getItemArgs { a: b.b };
    let a = odd_names::get_item__getItem(session, args).await?;
    let _ = a.a;

    let t0 = odd_names::T0 { inner: "a".into() };
    odd_names::ab(
        session,
        odd_names::AbArgs::builder().t0(t0).note("n").build(),
    )
    .await?;
    odd_names::a_b__a__b(session, odd_names::AB__a__bArgs::builder().b("b").build()).await?;
    odd_names::letters(
        session,
        odd_names::LettersArgs {
            m: odd_names::M { m: "m".into() },
        },
    )
    .await?;
    odd_names::a_b__aB(session, odd_names::AB__aBArgs::builder().c("c").build()).await?;
    Ok(())
}

#[test]
fn runs() {
    let json = r#"{"2fa": true, "self": "s", "state": "a_b", "type": "t", "gen": "g", "userId": "1", "user_id": "2",
        "self_": {"Page": {"doc": "d"}}}"#;
    let odd: OddNames = serde_json::from_str(json).unwrap();
    assert_eq!(
        (
            odd.r#type.as_str(),
            odd.r#gen.as_deref(),
            odd.self__self.as_str()
        ),
        ("t", Some("g"), "s")
    );
    assert_eq!(
        (
            odd._2fa,
            odd.self__self__.as_ref().unwrap().page.doc.as_str()
        ),
        (true, "d")
    );
    // Where several come out equal, none has the name alone.
    assert_eq!(
        (odd.user_id__user__id.as_str(), odd.user_id__userId.as_str()),
        ("2", "1")
    );
    let same: written::OddNames = odd_names_of(json);
    assert_eq!(
        (
            same.r#type.as_str(),
            same.user_id__user__id.as_str(),
            same.userId.as_str()
        ),
        ("t", "2", "1")
    );

    assert_eq!(odd.state, odd_names::State::AB__a__b);
    for (state, text) in [
        (odd_names::State::AB__a_2d_b, "a-b"),
        (odd_names::State::AB__a__b, "a_b"),
        (odd_names::State::Empty, ""),
        (odd_names::State::Unknown__unknown, "unknown"),
        (odd_names::State::Größe, "größe"),
        (odd_names::State::日本, "日本"),
        (odd_names::State::Self_, "Self"),
    ] {
        assert_eq!(state.as_str(), text);
    }
    let newer = serde_json::from_str(r#""new""#).unwrap();
    assert!(matches!(newer, odd_names::State::Unknown(_)));
    let back: serde_json::Value = serde_json::to_value(&odd).unwrap();
    assert_eq!(
        back,
        serde_json::from_str::<serde_json::Value>(json).unwrap()
    );

    let one = odd_names::A { x: "x".into() };
    let letters = odd_names::S {
        one: one.clone(),
        more: Some(odd_names::SMore::Object(one)),
    };
    let json = serde_json::to_value(&letters).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"one": {"x": "x"}, "more": {"x": "x"}})
    );
    assert_eq!(
        serde_json::from_value::<odd_names::S>(json).unwrap(),
        letters
    );
}

fn odd_names_of(json: &str) -> written::OddNames {
    let document = format!(r#"{{"_id": "k1", "_creationTime": 1, {}"#, &json[1..]);
    serde_json::from_str::<Doc<written::OddNames>>(&document)
        .unwrap()
        .fields
}
