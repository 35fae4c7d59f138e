//! Finds where the two projects of a manifest don't fit together.

use crate::{
    Difference, Fields, Function, FunctionPath, FunctionType, Injection, Location, Manifest,
    Validator, Visibility,
};

impl Manifest {
    /// Where the documents of `table` don't fit the two deployments.
    pub fn table_differences(&self, table: &str) -> Vec<Difference> {
        let mut found = Vec::new();
        let (Some(location), Some(main)) = (self.location(table), self.main.schema.table(table))
        else {
            return found;
        };
        let user = match location {
            Location::Main => None,
            Location::User => self.user.as_ref().and_then(|user| user.schema.table(table)),
        };
        self.foreign_ids(
            table,
            location,
            user.map_or(&main.document_type, |user| &user.document_type),
            &mut found,
        );
        if let Some(user) = user {
            match (
                main.document_type.as_object(),
                user.document_type.as_object(),
            ) {
                (Some(main), Some(user)) => self.field_differences(table, main, user, &mut found),
                _ if self.equivalent(&main.document_type, &user.document_type) => {}
                _ => found.push(Difference::DocumentType {
                    table: table.to_owned(),
                    main: main.document_type.clone(),
                    user: user.document_type.clone(),
                }),
            }
        }
        found
    }

    fn foreign_ids(
        &self,
        table: &str,
        location: Location,
        document: &Validator,
        found: &mut Vec<Difference>,
    ) {
        // Without a project for the user's deployment, main's schema stands for
        // both: there the owner's id becomes the subject that is injected.
        let subject = |field: &str| {
            self.user.is_none()
                && location == Location::User
                && self.inject.get(field) == Some(&Injection::Subject)
        };
        document.visit_ids(&mut |field, of| {
            if self.location(of).is_some_and(|of| of != location) && !subject(field) {
                found.push(Difference::ForeignId {
                    table: table.to_owned(),
                    location,
                    field: field.to_owned(),
                    of: of.to_owned(),
                });
            }
        });
    }

    fn field_differences(
        &self,
        table: &str,
        main: &Fields,
        user: &Fields,
        found: &mut Vec<Difference>,
    ) {
        for (name, field) in main.iter() {
            match user.get(name) {
                None if field.optional => {}
                None => found.push(Difference::MissingField {
                    table: table.to_owned(),
                    field: name.to_owned(),
                    optional: false,
                }),
                Some(other) => {
                    if !self.equivalent(&field.field_type, &other.field_type) {
                        found.push(Difference::FieldType {
                            table: table.to_owned(),
                            field: name.to_owned(),
                            main: field.field_type.clone(),
                            user: other.field_type.clone(),
                        });
                    } else if other.optional && !field.optional {
                        found.push(Difference::MissingField {
                            table: table.to_owned(),
                            field: name.to_owned(),
                            optional: true,
                        });
                    }
                }
            }
        }
    }

    /// Where the public functions of `module`, called for a table at `location`,
    /// don't fit the deployments that have to answer them.
    pub fn function_differences(&self, module: &str, location: Location) -> Vec<Difference> {
        let mut found = Vec::new();
        let main = || {
            self.main.functions.iter().filter(|(path, function)| {
                path.module == module && function.visibility == Visibility::Public
            })
        };
        for (path, function) in main() {
            match (location, &self.user) {
                (Location::User, Some(user)) => match user.functions.get(path) {
                    None => found.push(Difference::MissingFunction {
                        path: path.clone(),
                        function_type: function.function_type,
                        lacking: Location::User,
                    }),
                    Some(other) => self.compare_functions(path, function, other, &mut found),
                },
                (Location::User, None) => {}
                (Location::Main, _) => self.foreign_arguments(path, function, location, &mut found),
            }
        }
        if let (Location::User, Some(user)) = (location, &self.user) {
            for (path, function) in &user.functions {
                if path.module == module
                    && function.visibility == Visibility::Public
                    && !main().any(|(main, _)| main == path)
                {
                    found.push(Difference::MissingFunction {
                        path: path.clone(),
                        function_type: function.function_type,
                        lacking: Location::Main,
                    });
                }
            }
        }
        found
    }

    fn compare_functions(
        &self,
        path: &FunctionPath,
        main: &Function,
        user: &Function,
        found: &mut Vec<Difference>,
    ) {
        if main.function_type != user.function_type {
            found.push(Difference::FunctionType {
                path: path.clone(),
                main: main.function_type,
                user: user.function_type,
            });
        }
        self.foreign_arguments(path, user, Location::User, found);
        let (main, user) = match (main.args.as_object(), user.args.as_object()) {
            (Some(main), Some(user)) => (main, user),
            (None, None) => return,
            (main, _) => {
                found.push(Difference::UndeclaredArguments {
                    path: path.clone(),
                    lacking: if main.is_none() {
                        Location::Main
                    } else {
                        Location::User
                    },
                });
                return;
            }
        };
        for (name, field) in main.iter() {
            match user.get(name) {
                None => found.push(Difference::MissingArgument {
                    path: path.clone(),
                    argument: name.to_owned(),
                    lacking: Location::User,
                }),
                Some(other) => {
                    if field.optional != other.optional
                        || !self.equivalent(&field.field_type, &other.field_type)
                    {
                        found.push(Difference::ArgumentType {
                            path: path.clone(),
                            argument: name.to_owned(),
                            main: field.clone(),
                            user: other.clone(),
                        });
                    }
                }
            }
        }
        for (name, field) in user.iter().filter(|(name, _)| main.get(name).is_none()) {
            match self.inject.get(name) {
                None if field.optional => {}
                None => found.push(Difference::MissingArgument {
                    path: path.clone(),
                    argument: name.to_owned(),
                    lacking: Location::Main,
                }),
                Some(&injection) if !accepts(&field.field_type, injection) => {
                    found.push(Difference::InjectedType {
                        path: path.clone(),
                        argument: name.to_owned(),
                        found: field.field_type.clone(),
                        injection,
                    });
                }
                Some(_) => {}
            }
        }
    }

    fn foreign_arguments(
        &self,
        path: &FunctionPath,
        function: &Function,
        location: Location,
        found: &mut Vec<Difference>,
    ) {
        function.args.visit_ids(&mut |argument, of| {
            if self.location(of).is_some_and(|of| of != location) {
                found.push(Difference::ForeignArgument {
                    path: path.clone(),
                    argument: argument.to_owned(),
                    of: of.to_owned(),
                    location,
                });
            }
        });
    }

    /// The arguments that the runtime fills in where the user's deployment
    /// answers `path`.
    ///
    /// With a project for the user's deployment: those that its function takes
    /// and main's doesn't. Without one, or where that function takes anything:
    /// every subject, and in mutations the time too.
    pub fn injected(&self, path: &FunctionPath) -> Vec<(&str, Injection)> {
        let Some(main) = self.main.functions.get(path) else {
            return Vec::new();
        };
        let user = self.user.as_ref().and_then(|user| user.functions.get(path));
        let declared = user.and_then(|user| user.args.as_object());
        let of_caller = |name: &str| {
            main.args
                .as_object()
                .is_some_and(|args| args.get(name).is_some())
        };
        self.inject
            .iter()
            .filter(|(name, _)| !of_caller(name))
            .filter(|(name, injection)| match declared {
                Some(args) => args.get(name).is_some(),
                None => {
                    **injection == Injection::Subject
                        || main.function_type == FunctionType::Mutation
                }
            })
            .map(|(name, injection)| (name.as_str(), *injection))
            .collect()
    }

    /// Whether the user's validator takes what main's takes; an id of a main
    /// table is a string there.
    fn equivalent(&self, main: &Validator, user: &Validator) -> bool {
        use Validator::{Array, Id, Object, Record, String, Union};
        match (main, user) {
            (Id { table_name }, String) => self.location(table_name) == Some(Location::Main),
            (Array { value: main }, Array { value: user }) => self.equivalent(main, user),
            (
                Record { keys, values },
                Record {
                    keys: user_keys,
                    values: user_values,
                },
            ) => {
                self.equivalent(keys, user_keys)
                    && self.equivalent(&values.field_type, &user_values.field_type)
            }
            (Object { value: main }, Object { value: user }) => {
                main.len() == user.len()
                    && main.iter().all(|(name, field)| {
                        user.get(name).is_some_and(|other| {
                            other.optional == field.optional
                                && self.equivalent(&field.field_type, &other.field_type)
                        })
                    })
            }
            (Union { value: main }, Union { value: user }) => {
                main.len() == user.len()
                    && main
                        .iter()
                        .all(|member| user.iter().any(|other| self.equivalent(member, other)))
                    && user
                        .iter()
                        .all(|other| main.iter().any(|member| self.equivalent(member, other)))
            }
            _ => main == user,
        }
    }
}

fn accepts(validator: &Validator, injection: Injection) -> bool {
    match validator {
        Validator::Any => true,
        Validator::String => injection == Injection::Subject,
        Validator::Number => injection == Injection::Now,
        Validator::Union { value } => value.iter().any(|member| accepts(member, injection)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A main table `users`, a user table `notes`, and their functions.
    fn manifest(main_notes: &str, user_notes: &str, main_args: &str, user_args: &str) -> Manifest {
        let schema = |notes: &str| {
            format!(
                r#"{{"schemaValidation": true, "tables": [
                    {{"tableName": "users", "documentType": {{"type": "any"}}}},
                    {{"tableName": "notes", "documentType": {{"type": "object", "value": {notes}}}}}]}}"#
            )
        };
        let project = |notes: &str, args: &str| {
            format!(
                r#"{{"convex": "convex", "schema": {}, "warnings": [], "functions": {{"notes:list":
                    {{"functionType": "Query", "visibility": {{"kind": "public"}}, "returns": null,
                      "args": {{"type": "object", "value": {args}}}}}}}}}"#,
                schema(notes)
            )
        };
        serde_json::from_str(&format!(
            r#"{{"format": 1, "main": {}, "user": {}, "userTables": ["notes"],
                "inject": {{"userId": "subject", "updatedAt": "now"}}}}"#,
            project(main_notes, main_args),
            project(user_notes, user_args)
        ))
        .unwrap()
    }

    const OWNER_ID: &str =
        r#"{"userId": {"fieldType": {"type": "id", "tableName": "users"}, "optional": false}}"#;
    const OWNER_TEXT: &str = r#"{"userId": {"fieldType": {"type": "string"}, "optional": false}}"#;

    #[test]
    fn an_owner_is_an_id_on_main_and_a_string_on_the_users_side() {
        let manifest = manifest(OWNER_ID, OWNER_TEXT, "{}", OWNER_TEXT);
        assert_eq!(manifest.table_differences("notes"), []);
        assert_eq!(manifest.function_differences("notes", Location::User), []);
        assert_eq!(
            manifest.injected(&FunctionPath::new("notes", "list")),
            [("userId", Injection::Subject)]
        );
    }

    #[test]
    fn an_id_of_main_means_nothing_on_the_users_side() {
        let manifest = manifest(OWNER_ID, OWNER_ID, "{}", OWNER_ID);
        let found = manifest.table_differences("notes");
        assert!(matches!(&found[0], Difference::ForeignId { field, .. } if field == "userId"));
        let found = manifest.function_differences("notes", Location::User);
        assert!(
            matches!(&found[0], Difference::ForeignArgument { .. }),
            "{found:?}"
        );
        assert!(
            matches!(&found[1], Difference::InjectedType { .. }),
            "{found:?}"
        );
    }

    #[test]
    fn arguments_of_one_side_only_must_be_injected() {
        let other = r#"{"other": {"fieldType": {"type": "string"}, "optional": false}}"#;
        let manifest = manifest(OWNER_ID, OWNER_TEXT, "{}", other);
        let found = manifest.function_differences("notes", Location::User);
        assert_eq!(
            found,
            [Difference::MissingArgument {
                path: FunctionPath::new("notes", "list"),
                argument: "other".into(),
                lacking: Location::Main
            }]
        );
        assert!(found[0].to_string().contains("[user.inject]"));
    }

    #[test]
    fn a_required_field_must_be_required_on_both_sides() {
        let optional = r#"{"userId": {"fieldType": {"type": "string"}, "optional": true}}"#;
        let manifest = manifest(OWNER_ID, optional, "{}", "{}");
        assert!(matches!(
            &manifest.table_differences("notes")[..],
            [Difference::MissingField { optional: true, .. }]
        ));
    }
}
