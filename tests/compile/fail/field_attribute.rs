use byod_runtime::byod_table;

#[byod_table(location = "user", partial)]
pub struct Notes {
    #[byod(name = "body")]
    pub text: Option<String>,
}

mod without_a_name {
    #[byod_runtime::byod_table(location = "user", partial)]
    pub struct Notes {
        #[byod(rename)]
        pub text: Option<String>,
    }
}

mod in_another_way {
    #[byod_runtime::byod_table(location = "user", partial)]
    pub struct Notes {
        #[byod = "body"]
        pub text: Option<String>,
    }
}

mod twice {
    #[byod_runtime::byod_table(location = "user", partial)]
    pub struct Notes {
        #[byod(rename = "title")]
        #[byod(rename = "body")]
        pub text: Option<String>,
    }
}

fn main() {}
