use byod_runtime::byod_table;

#[byod_table(location = "user")]
pub struct OnlyOnMain;

#[byod_table(location = "user")]
pub struct OnlyOnUser;

#[byod_table(location = "user")]
pub struct Kinds;

#[byod_table(location = "user")]
pub struct ArgumentTypes;

#[byod_table(location = "user")]
pub struct ExtraArgument;

#[byod_table(location = "user")]
pub struct LackingArgument;

#[byod_table(location = "user")]
pub struct Undeclared;

#[byod_table(location = "user")]
pub struct InjectedType;

#[byod_table(location = "user")]
pub struct ForeignArgument;

#[byod_table(location = "user")]
pub struct UndeclaredOnMain;

#[byod_table(location = "user")]
pub struct InjectedTime;

#[byod_table(location = "user")]
pub struct InjectedKey;

fn main() {}
