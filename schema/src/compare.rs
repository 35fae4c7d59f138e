//! Finds where the two projects of a manifest don't fit together.

use crate::difference::Difference;
use crate::fits::Flow;
use crate::function::{Function, FunctionPath, FunctionType, Visibility, table_of_module};
use crate::manifest::{Injection, Location, Manifest, Project, Runs};
use crate::validator::{Field, Fields, Validator};

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
                _ if self.fits(Flow::Read, &user.document_type, &main.document_type) => {}
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
        document.visit_ids(&mut |field, of| {
            if self.location(of).is_some_and(|of| of != location)
                && !self.is_subject(field, location)
            {
                found.push(Difference::ForeignId {
                    table: table.to_owned(),
                    location,
                    field: field.to_owned(),
                    of: of.to_owned(),
                });
            }
        });
    }

    /// Whether main's field or argument `name` holds an id of the owner, for whom the
    /// user's deployment has the subject. Only without a project for that deployment:
    /// then main's project stands for both.
    fn is_subject(&self, name: &str, location: Location) -> bool {
        self.user.is_none()
            && location == Location::User
            && self.inject.get(name) == Some(&Injection::Subject)
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
                    if !self.fits(Flow::Read, &other.field_type, &field.field_type) {
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
    /// don't fit the deployments that have to answer them, whatever else is said of them.
    pub fn function_differences(&self, module: &str, location: Location) -> Vec<Difference> {
        self.differences_of(module, location, |_| match location {
            Location::User => Runs::User,
            Location::Main => Runs::Main,
        })
    }

    /// Where the public functions of `module` don't fit the deployments that they run on.
    /// What is refused to connected users runs on main alone, so there is nothing that it
    /// could not fit; what sees main's documents of other users may take their ids.
    ///
    /// A `table` that they are called for says where they run where the tool has judged
    /// none of main's functions; else the module's name does.
    pub fn placed_differences(&self, module: &str, table: Option<Location>) -> Vec<Difference> {
        let named_after = || self.location(table_of_module(module));
        let location = table.or_else(named_after).unwrap_or(Location::Main);
        let others = match self.placements {
            Some(_) => Location::User,
            None => location,
        };
        self.differences_of(module, others, |path| self.runs_beside(path, location))
    }

    /// `others` says whether functions matter that only the users' project has.
    fn differences_of(
        &self,
        module: &str,
        others: Location,
        runs: impl Fn(&FunctionPath) -> Runs,
    ) -> Vec<Difference> {
        let mut found = Vec::new();
        for (path, function) in public(&self.main, module) {
            match (runs(path), &self.user) {
                (Runs::User, Some(user)) => match user.functions.get(path) {
                    None => found.push(Difference::MissingFunction {
                        path: path.clone(),
                        function_type: function.function_type,
                        lacking: Location::User,
                    }),
                    Some(other) => self.compare_functions(path, function, other, &mut found),
                },
                // Main's function stands for both.
                (Runs::User, None) => {
                    self.foreign_arguments(path, function, Location::User, &mut found);
                }
                (Runs::Main, _) if self.sees_no_connected(path) || self.asks_users(path) => {}
                (Runs::Main, _) => {
                    self.foreign_arguments(path, function, Location::Main, &mut found);
                }
                (Runs::Refused { .. }, _) => {}
            }
        }
        let user = self.user.iter().filter(|_| others == Location::User);
        for (path, function) in user.flat_map(|user| public(user, module)) {
            match self.main.functions.get(path).map(|main| main.visibility) {
                Some(Visibility::Public) => {}
                Some(Visibility::Internal) => found.push(Difference::InternalOnMain {
                    path: path.clone(),
                    function_type: function.function_type,
                }),
                None => found.push(Difference::MissingFunction {
                    path: path.clone(),
                    function_type: function.function_type,
                    lacking: Location::Main,
                }),
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
        if let (Some(main), Some(user)) = (&main.returns, &user.returns)
            && !self.fits(Flow::Read, user, main)
        {
            found.push(Difference::Returns {
                path: path.clone(),
                main: main.clone(),
                user: user.clone(),
            });
        }
        self.foreign_arguments(path, user, Location::User, found);
        let (main, user) = match (main.args.as_object(), user.args.as_object()) {
            (Some(main), Some(user)) => (main, user),
            (None, None) => return,
            // It takes none there: on main it declares none because it takes none.
            (None, Some(user))
                if user.iter().all(|(name, _)| {
                    let mut injected = self.inject.keys();
                    injected.any(|injected| injected == name)
                }) =>
            {
                return;
            }
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
        let injected = self.injected(path);
        let injection = |name: &str| {
            let named = injected.iter().find(|(injected, _)| *injected == name);
            named.map(|(_, injection)| *injection)
        };
        for (name, field) in main.iter() {
            match (user.get(name), injection(name)) {
                (None, _) => found.push(Difference::MissingArgument {
                    path: path.clone(),
                    argument: name.to_owned(),
                    lacking: Location::User,
                }),
                // Who the owner is, the session says: main's must be able to name them.
                (Some(other), Some(Injection::Subject)) if !self.names_owner(&field.field_type) => {
                    found.push(Difference::ArgumentType {
                        path: path.clone(),
                        argument: name.to_owned(),
                        main: field.clone(),
                        user: other.clone(),
                    });
                }
                // What the caller gives stays on main.
                (Some(_), Some(_)) => {}
                (Some(other), None) => found.extend(self.argument(path, name, field, other)),
            }
        }
        for (name, field) in user.iter() {
            match injection(name) {
                Some(injection) if !accepts(field, injection) => {
                    found.push(Difference::InjectedType {
                        path: path.clone(),
                        argument: name.to_owned(),
                        found: field.clone(),
                        injection,
                    });
                }
                None if !field.optional && main.get(name).is_none() => {
                    found.push(Difference::MissingArgument {
                        path: path.clone(),
                        argument: name.to_owned(),
                        lacking: Location::Main,
                    });
                }
                _ => {}
            }
        }
    }

    /// Where the user's function doesn't take what the caller gives.
    fn argument(
        &self,
        path: &FunctionPath,
        name: &str,
        main: &Field,
        user: &Field,
    ) -> Option<Difference> {
        let can_be_absent = user.optional || !main.optional;
        if can_be_absent && self.fits(Flow::Take, &main.field_type, &user.field_type) {
            return None;
        }
        Some(Difference::ArgumentType {
            path: path.clone(),
            argument: name.to_owned(),
            main: main.clone(),
            user: user.clone(),
        })
    }

    fn foreign_arguments(
        &self,
        path: &FunctionPath,
        function: &Function,
        location: Location,
        found: &mut Vec<Difference>,
    ) {
        // As for a document's owner: main's id goes to main only.
        let is_subject = |argument: &str| self.is_subject(argument, location);
        function.args.visit_ids(&mut |argument, of| {
            if self.location(of).is_some_and(|of| of != location) && !is_subject(argument) {
                found.push(Difference::ForeignArgument {
                    path: path.clone(),
                    argument: argument.to_owned(),
                    of: of.to_owned(),
                    location,
                });
            }
        });
    }

    /// Whether main's argument can say who the owner is: as a text, or by an id of main's.
    fn names_owner(&self, validator: &Validator) -> bool {
        match validator {
            Validator::Id { table_name } => self.is_on_main(table_name),
            Validator::Union { value } => value.iter().any(|member| self.names_owner(member)),
            other => takes(other, Injection::Subject),
        }
    }

    /// The arguments that the runtime fills in where the user's deployment
    /// answers `path`; what the caller gives under such a name goes to main only.
    ///
    /// With a project for the user's deployment: those that its function takes
    /// and main's doesn't. Without one, or where that function takes anything:
    /// every subject, and in mutations the time and the idempotency key too. Who the
    /// owner is, is never the caller's to say: also where main's function takes an
    /// argument of a subject's name, the user's deployment gets the subject of the
    /// session, and the runtime refuses a call that names somebody else there.
    pub fn injected(&self, path: &FunctionPath) -> Vec<(&str, Injection)> {
        let Some(main) = self.main.functions.get(path) else {
            return Vec::new();
        };
        let user = self.user.as_ref().and_then(|user| user.functions.get(path));
        let declared = user.and_then(|user| user.args.as_object());
        let of_caller = |name: &str, injection: Injection| {
            let argument = main.args.as_object().and_then(|args| args.get(name));
            argument.is_some() && injection != Injection::Subject
        };
        let is_mutation = main.function_type == FunctionType::Mutation;
        self.inject
            .iter()
            .map(|(name, injection)| (name.as_str(), *injection))
            .filter(|(name, injection)| !of_caller(name, *injection))
            .filter(|(name, injection)| match (declared, injection) {
                (_, Injection::IdempotencyKey) if !is_mutation => false,
                (Some(args), _) => args.get(name).is_some(),
                (None, injection) => is_mutation || *injection == Injection::Subject,
            })
            .collect()
    }
}

/// The public functions of a module.
fn public<'p>(
    project: &'p Project,
    module: &'p str,
) -> impl Iterator<Item = (&'p FunctionPath, &'p Function)> {
    // They stand together, by their module.
    let from = project.functions.range(FunctionPath::new(module, "")..);
    from.take_while(move |(path, _)| path.module == module)
        .filter(|(_, function)| function.visibility == Visibility::Public)
}

/// Whether the argument takes what the runtime fills in, or leaves out.
fn accepts(argument: &Field, injection: Injection) -> bool {
    let is_always_there = injection != Injection::IdempotencyKey;
    (is_always_there || argument.optional) && takes(&argument.field_type, injection)
}

fn takes(validator: &Validator, injection: Injection) -> bool {
    match validator {
        Validator::Any => true,
        Validator::String => matches!(injection, Injection::Subject | Injection::IdempotencyKey),
        Validator::Number => injection == Injection::Now,
        Validator::Union { value } => value.iter().any(|member| takes(member, injection)),
        _ => false,
    }
}
