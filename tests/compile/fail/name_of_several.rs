use byod_runtime::byod_table;

// The schema has `userId` and `user_id`: of one of them alone this would be the name.
#[byod_table(location = "main", partial)]
pub struct OddNames {
    pub user_id: String,
}

fn main() {}
