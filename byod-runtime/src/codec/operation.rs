use std::marker::PhantomData;

use serde::de::{self, MapAccess};
use serde::ser::SerializeMap;

use super::field::{Encoded, Field, OptionalField};
use super::object::Entries;

/// Something the generated code does with a required field of type `T`.
///
/// All of it goes through one function, [`required`], and only that has the bound
/// on the type: so the compiler says once, not once per use, that a type can't
/// hold the values of a validator.
pub trait Operation<V, T> {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run(self) -> Self::Output
    where
        T: Field<V>;
}

/// Does something with a required field.
pub fn required<V, T: Field<V>, O: Operation<V, T>>(operation: O) -> O::Output {
    operation.run()
}

/// Something the generated code does with an optional field of type `T`; goes
/// through [`optional`].
pub trait OptionalOperation<V, T> {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run(self) -> Self::Output
    where
        T: OptionalField<V>;
}

/// Does something with an optional field.
pub fn optional<V, T: OptionalField<V>, O: OptionalOperation<V, T>>(operation: O) -> O::Output {
    operation.run()
}

/// Writes a field under its key, if it is there.
pub struct Put<'a, M, T>(pub &'a mut M, pub &'static str, pub &'a T);

impl<V, T, M: SerializeMap> Operation<V, T> for Put<'_, M, T> {
    type Output = Result<(), M::Error>;

    fn run(self) -> Self::Output
    where
        T: Field<V>,
    {
        let Self(fields, key, value) = self;
        fields.serialize_entry(key, &Encoded::<V, T>::new(value))
    }
}

impl<V, T, M: SerializeMap> OptionalOperation<V, T> for Put<'_, M, T> {
    type Output = Result<(), M::Error>;

    fn run(self) -> Self::Output
    where
        T: OptionalField<V>,
    {
        let Self(fields, key, value) = self;
        match value.as_option() {
            Some(value) => fields.serialize_entry(key, &Encoded::<V, T::Present>::new(value)),
            None => Ok(()),
        }
    }
}

/// Reads the value of the field whose key was just read.
pub struct Get<'a, 'e, 'de, A>(&'a mut Entries<'e, A>, PhantomData<&'de ()>);

impl<'a, 'e, 'de, A: MapAccess<'de>> Get<'a, 'e, 'de, A> {
    /// From the members being read.
    pub fn new(fields: &'a mut Entries<'e, A>) -> Self {
        Self(fields, PhantomData)
    }
}

impl<'de, V, T, A: MapAccess<'de>> Operation<V, T> for Get<'_, '_, 'de, A> {
    type Output = Result<Option<T>, A::Error>;

    fn run(self) -> Self::Output
    where
        T: Field<V>,
    {
        self.0.value::<V, T>().map(Some)
    }
}

impl<'de, V, T, A: MapAccess<'de>> OptionalOperation<V, T> for Get<'_, '_, 'de, A> {
    type Output = Result<Option<T>, A::Error>;

    fn run(self) -> Self::Output
    where
        T: OptionalField<V>,
    {
        let present = self.0.value::<V, T::Present>()?;
        Ok(Some(T::from_option(Some(present))))
    }
}

/// What a field is after all members have been read, given what was read of it.
pub struct Settle<T>(pub Option<T>);

impl<V, T> OptionalOperation<V, T> for Settle<T> {
    type Output = T;

    fn run(self) -> T
    where
        T: OptionalField<V>,
    {
        self.0.unwrap_or_else(|| T::from_option(None))
    }
}

/// What a required field is after all members have been read.
pub fn present<T, E: de::Error>(key: &'static str, read: Option<T>) -> Result<T, E> {
    read.ok_or_else(|| E::missing_field(key))
}
