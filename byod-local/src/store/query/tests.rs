use super::*;
use crate::store::{Store, tables};
use crate::testing::manifest;
use proptest::prelude::*;
use serde_json::json;

/// Folders `a`, `b`, `c`; `b` has no parent, and `c` is the oldest.
fn store() -> Store {
    let mut manifest = manifest();
    let folders = &mut manifest.main.schema.tables[2];
    folders.indexes.push(byod_schema::Index {
        index_descriptor: "by_parent".into(),
        fields: vec!["parentId".into()],
    });
    let mut store = Store::new(&manifest.main.schema).unwrap();
    let user = store.new_id("users").unwrap();
    let parent = store.new_id("folders").unwrap();
    let mut transaction = store.begin();
    for (name, parent) in [("c", Some(&parent)), ("a", Some(&parent)), ("b", None)] {
        let mut folder = Object::try_from(json!({"name": name, "userId": user})).unwrap();
        if let Some(parent) = parent {
            folder.set("parentId", parent.as_str());
        }
        transaction.insert("folders", folder, 1.0).unwrap();
    }
    transaction.commit();
    store
}

fn folders(store: &Store) -> Query<'_> {
    // Each page is of a call of its own.
    let noticed = Box::leak(Box::default());
    Query::new(tables::table(store.tables(), "folders"), noticed)
}

fn names(documents: Vec<Object>) -> Vec<String> {
    let names = documents.iter().map(|folder| folder.str("name").unwrap());
    names.map(str::to_owned).collect()
}

#[test]
fn the_order_is_by_index_then_by_creation() {
    let store = store();
    let query = || folders(&store);
    assert_eq!(names(query().collect().unwrap()), ["c", "a", "b"]);
    assert_eq!(names(query().desc().take(2).unwrap()), ["b", "a"]);
    // An absent field comes before all values.
    let by_parent = || query().index("by_parent");
    assert_eq!(names(by_parent().collect().unwrap()), ["b", "c", "a"]);
    assert_eq!(
        names(by_parent().desc().collect().unwrap()),
        ["a", "c", "b"]
    );
}

#[test]
fn pages_follow_an_index_in_both_directions() {
    let store = store();
    for (descending, expected) in [(false, ["b", "c", "a"]), (true, ["a", "c", "b"])] {
        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        for _ in 0..3 {
            let mut query = folders(&store).index("by_parent");
            query.descending = descending;
            let options = Object::from([("numItems", 1.0.into()), ("cursor", cursor)]);
            let mut result = query.paginate(&options.into()).unwrap();
            let Some(Value::Array(page)) = result.remove("page") else {
                panic!("no page");
            };
            seen.extend(page.into_iter().map(|folder| folder.try_into().unwrap()));
            cursor = result.remove("continueCursor").unwrap();
            assert_eq!(result.bool("isDone"), Some(seen.len() == 3));
        }
        assert_eq!(names(seen), expected);
    }
}

/// A cursor is text that anybody may send.
#[test]
fn a_cursor_of_another_query_gives_nothing() {
    let store = store();
    let names_of = |parent: &Value, options: &[(&str, Value)]| {
        let mut all = Object::from([("numItems", 1.0.into()), ("cursor", Value::Null)]);
        for (name, value) in options {
            all.set(*name, value.clone());
        }
        let query = folders(&store)
            .index("by_parent")
            .eq("parentId", parent.clone());
        query.paginate(&all.into())
    };
    let parent = |name: &str| {
        let found = folders(&store).eq("name", name).first().unwrap().unwrap();
        found.get("parentId").cloned().unwrap()
    };
    let theirs = parent("a");
    let cursor = names_of(&theirs, &[]).unwrap().remove("continueCursor");
    let cursor = cursor.unwrap();
    // Of a parent that comes before all others, and of one that comes after them.
    for other in ["", "zzz"] {
        for option in ["cursor", "endCursor"] {
            let page = names_of(&other.into(), &[(option, cursor.clone())]).unwrap();
            assert_eq!(
                page.get("page"),
                Some(&Value::Array(Vec::new())),
                "{other} {option}"
            );
        }
    }
    let end = Value::from(r#"[[],[""]]"#);
    let page = names_of(&theirs, &[("cursor", cursor), ("endCursor", end)]);
    assert!(page.is_ok());
}

#[test]
fn a_name_that_is_not_in_the_schema_is_an_error() {
    let store = store();
    let error = folders(&store).index("by_parents").first().unwrap_err();
    let expected = "Table `folders` has no index `by_parents`; did you mean `by_parent`?";
    assert_eq!(error, FunctionError::new(expected));
    let noticed = Noticed::default();
    let query = Query::new(tables::table(store.tables(), "folder"), &noticed);
    let expected = "The schema has no table `folder`; did you mean `folders`?";
    assert_eq!(query.collect().unwrap_err(), FunctionError::new(expected));
}

/// What a query is to give, by a look at every document.
fn plainly(store: &Store, [name, parent]: [Option<&str>; 2], fields: &[String]) -> Vec<Object> {
    let folders = store.tables()["folders"]
        .documents()
        .map(|folder| folder.as_ref().clone());
    let has = |folder: &Object, field, wanted: Option<&str>| {
        wanted.is_none() || folder.str(field) == wanted
    };
    let mut folders: Vec<_> = folders.collect();
    folders.retain(|folder| has(folder, "name", name) && has(folder, "parentId", parent));
    folders.sort_by_cached_key(|folder| key(folder, fields));
    folders
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// By whichever index documents are found, they are those that a look at all of them finds, in the same order.
    #[test]
    fn indexes_only_make_it_faster(
        made in proptest::collection::vec((0u8..3, 0u8..3), 0..16),
        changed in proptest::collection::vec((0usize..16, 0u8..3, proptest::option::of(0u8..3)), 0..16),
        (name, parent) in (proptest::option::of(0u8..3), proptest::option::of(0usize..2)),
        (index, descending, size) in (0usize..4, any::<bool>(), 1usize..5),
    ) {
        let mut manifest = manifest();
        let indexes: [(&str, &[&str]); 4] = [
            ("", &[]),
            ("by_parent", &["parentId"]),
            ("by_parent_name", &["parentId", "name"]),
            ("by_name", &["name"]),
        ];
        for (name, fields) in &indexes[1..] {
            manifest.main.schema.tables[2].indexes.push(byod_schema::Index {
                index_descriptor: (*name).into(),
                fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            });
        }
        let mut store = Store::new(&manifest.main.schema).unwrap();
        let user = store.new_id("users").unwrap();
        let parents = [store.new_id("folders").unwrap(), store.new_id("folders").unwrap()];
        let folder = |name: u8, parent: u8| {
            let mut folder = Object::from([("name", name.to_string().into()), ("userId", user.as_str().into())]);
            if let Some(parent) = parents.get(usize::from(parent)) {
                folder.set("parentId", parent.as_str());
            }
            folder
        };
        let mut transaction = store.begin();
        let mut ids = Vec::new();
        for (name, parent) in made {
            ids.push(transaction.insert("folders", folder(name, parent), 1.0).unwrap());
        }
        transaction.commit();
        let kept = store.snapshot(1.0);
        let before: Vec<_> = plainly(&store, [None; 2], &[]);
        let mut transaction = store.begin();
        for (at, name, parent) in changed {
            // Some are deleted twice, or changed after that.
            let _ = match (ids.get(at), parent) {
                (Some(id), Some(parent)) => transaction.replace(id, folder(name, parent)),
                (Some(id), None) => transaction.delete(id),
                (None, _) => Ok(()),
            };
        }
        transaction.commit();

        let name = name.map(|name| name.to_string());
        let parent = parent.map(|parent| parents[parent].as_str());
        let (index, fields) = indexes[index];
        let query = || {
            let mut query = folders(&store);
            if let Some(name) = &name {
                query = query.eq("name", name.as_str());
            }
            if let Some(parent) = parent {
                query = query.eq("parentId", parent);
            }
            if !index.is_empty() {
                query = query.index(index);
            }
            query.descending = descending;
            query
        };
        let fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
        let mut expected = plainly(&store, [name.as_deref(), parent], &fields);
        if descending {
            expected.reverse();
        }
        prop_assert_eq!(&query().collect().unwrap(), &expected);

        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let options = [("numItems", (size as f64).into()), ("cursor", cursor)];
            let mut page = query().paginate(&Object::from(options).into()).unwrap();
            let Some(Value::Array(documents)) = page.remove("page") else {
                panic!("no page");
            };
            seen.extend(documents.into_iter().map(|folder| Object::try_from(folder).unwrap()));
            cursor = page.remove("continueCursor").unwrap();
            if page.bool("isDone") == Some(true) {
                break;
            }
        }
        prop_assert_eq!(seen, expected);
        let then = store.at(kept).unwrap()["folders"].documents();
        prop_assert_eq!(before, then.map(|folder| folder.as_ref().clone()).collect::<Vec<_>>());
    }
}
