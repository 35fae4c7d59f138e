//! Markers for Convex's validators, one type each, named as in a `schema.ts`.
//!
//! They have no values; they say which [`Field`](crate::Field) implementation
//! applies. A newtype of your own implements `Field<v::String>` and the like.

use std::marker::PhantomData;

/// `v.any()`: any Convex value.
pub struct Any;
/// `v.null()`: held by `()`.
pub struct Null;
/// `v.boolean()`: held by `bool`.
pub struct Boolean;
/// `v.number()`, `v.float64()`: held by `f64`.
pub struct Number;
/// `v.int64()`, `v.bigint()`: held by `i64`.
pub struct Int64;
/// `v.string()`: held by [`String`](std::string::String).
pub struct String;
/// `v.bytes()`: held by `Vec<u8>`.
pub struct Bytes;
/// `v.id("table")`: held by [`Id`](crate::Id) of that table.
pub struct Id<N>(PhantomData<N>);
/// `v.array(…)`: held by `Vec`.
pub struct Array<V>(PhantomData<V>);
/// `v.record(keys, values)`: held by `BTreeMap` and `HashMap`.
pub struct Record<K, V>(PhantomData<(K, V)>);
/// `v.union(…, v.null())`: held by `Option`.
pub struct Nullable<V>(PhantomData<V>);
/// A union of string literals: held by its generated enum, or by `String`.
pub struct OneOf<E>(PhantomData<E>);
/// Any other union: held by its generated enum.
pub struct Union<U>(PhantomData<U>);
/// `v.object({…})`: held by its generated struct.
pub struct Object<T>(PhantomData<T>);
/// A whole document with its id and creation time: held by [`Doc`](crate::Doc).
pub struct Document<T>(PhantomData<T>);
/// The result of Convex's `paginate`: held by [`Page`](crate::Page).
pub struct Page<V>(PhantomData<V>);
