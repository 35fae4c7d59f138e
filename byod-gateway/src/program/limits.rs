//! What may be set of what a gateway allows.

use std::num::NonZeroU32;
use std::time::Duration;

use byod_gateway::Settings;

/// What a gateway allows. What isn't given is as [`Settings`] has it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limits {
    /// How often in a minute one user may connect, test, rotate or disconnect [default: 10]
    #[arg(long, env = "BYOD_GATEWAY_CONNECTS_PER_MINUTE", value_name = "TIMES")]
    connects_per_minute: Option<NonZeroU32>,

    /// How many requests under `/byod/` are answered at a time [default: 200]
    #[arg(long, env = "BYOD_GATEWAY_CONNECTS_AT_ONCE", value_name = "REQUESTS")]
    connects_at_once: Option<usize>,

    /// How many of them may be of one user [default: 16]
    #[arg(long, env = "BYOD_GATEWAY_CONNECTS_PER_USER", value_name = "REQUESTS")]
    connects_per_user: Option<usize>,

    /// How many streams of events one user may have open [default: 16]
    #[arg(long, env = "BYOD_GATEWAY_EVENTS_PER_USER", value_name = "STREAMS")]
    events_per_user: Option<usize>,

    /// How many clients may have a socket at once; main must allow as many [default: 10000]
    #[arg(long, env = "BYOD_GATEWAY_SOCKETS", value_name = "SOCKETS")]
    sockets: Option<usize>,

    /// How many sockets one user may have [default: 32]
    #[arg(long, env = "BYOD_GATEWAY_SOCKETS_PER_USER", value_name = "SOCKETS")]
    sockets_per_user: Option<usize>,

    /// How many sockets there may be of who is nobody [default: half of all]
    #[arg(long, env = "BYOD_GATEWAY_SOCKETS_OF_NOBODY", value_name = "SOCKETS")]
    sockets_of_nobody: Option<usize>,

    /// How many queries are watched on one socket [default: 1000]
    #[arg(long, env = "BYOD_GATEWAY_QUERIES_PER_SOCKET", value_name = "QUERIES")]
    queries_per_socket: Option<usize>,

    /// How many mutations of one socket wait [default: 1000]
    #[arg(
        long,
        env = "BYOD_GATEWAY_MUTATIONS_PER_SOCKET",
        value_name = "MUTATIONS"
    )]
    mutations_per_socket: Option<usize>,

    /// How many actions of one socket run at a time [default: 1000]
    #[arg(long, env = "BYOD_GATEWAY_ACTIONS_PER_SOCKET", value_name = "ACTIONS")]
    actions_per_socket: Option<usize>,

    /// How long one mutation may run on a socket, in seconds [default: 60]
    #[arg(long, env = "BYOD_GATEWAY_MUTATION_TIME", value_name = "SECONDS", value_parser = seconds)]
    mutation_time: Option<Duration>,

    /// How many bytes the mutations and actions of one socket may have that wait or run [default: 64 MiB]
    #[arg(long, env = "BYOD_GATEWAY_REQUEST_LIMIT", value_name = "BYTES")]
    request_limit: Option<usize>,

    /// The largest message that is taken on a socket, in bytes [default: 32 MiB]
    #[arg(long, env = "BYOD_GATEWAY_MESSAGE_LIMIT", value_name = "BYTES")]
    message_limit: Option<usize>,

    /// How many messages a client may send on a socket at once, and how many a second for long [default: 2000,100]
    #[arg(long, env = "BYOD_GATEWAY_MESSAGE_RATE", value_name = "AT_ONCE,A_SECOND", value_parser = rate)]
    message_rate: Option<(u32, u32)>,

    /// How many tokens a client may give on a socket at once, and how many a second for long [default: 20,1]
    #[arg(long, env = "BYOD_GATEWAY_TOKEN_RATE", value_name = "AT_ONCE,A_SECOND", value_parser = rate)]
    token_rate: Option<(u32, u32)>,

    /// How many bytes of answers may wait for a client that is slow to take them [default: 16 MiB]
    #[arg(long, env = "BYOD_GATEWAY_WAITING_LIMIT", value_name = "BYTES")]
    waiting_limit: Option<usize>,

    /// How long a client may take to receive one message, in seconds [default: 30]
    #[arg(long, env = "BYOD_GATEWAY_SEND_TIME", value_name = "SECONDS", value_parser = seconds)]
    send_time: Option<Duration>,

    /// How long it may take to find out who a client is, in seconds [default: 10]
    #[arg(long, env = "BYOD_GATEWAY_AUTHENTICATION_TIME", value_name = "SECONDS", value_parser = seconds)]
    authentication_time: Option<Duration>,

    /// How long nothing may come from a client, in seconds [default: 120]
    #[arg(long, env = "BYOD_GATEWAY_SILENCE", value_name = "SECONDS", value_parser = seconds)]
    silence: Option<Duration>,

    /// How many calls over HTTP are answered at a time [default: 1000]
    #[arg(long, env = "BYOD_GATEWAY_CALLS_AT_ONCE", value_name = "CALLS")]
    calls_at_once: Option<usize>,

    /// How many of them may be of one user [default: 100]
    #[arg(long, env = "BYOD_GATEWAY_CALLS_PER_USER", value_name = "CALLS")]
    calls_per_user: Option<usize>,

    /// How many of them may be of who is nobody [default: half of all]
    #[arg(long, env = "BYOD_GATEWAY_CALLS_OF_NOBODY", value_name = "CALLS")]
    calls_of_nobody: Option<usize>,

    /// The largest body of a call over HTTP, in bytes [default: 16 MiB and 2000]
    #[arg(long, env = "BYOD_GATEWAY_BODY_LIMIT", value_name = "BYTES")]
    body_limit: Option<usize>,

    /// How long such a body may take to come, in seconds [default: 30]
    #[arg(long, env = "BYOD_GATEWAY_BODY_TIME", value_name = "SECONDS", value_parser = seconds)]
    body_time: Option<Duration>,

    /// How many users the operator's page lists; the rest are counted [default: 200000]
    #[arg(long, env = "BYOD_GATEWAY_LISTED_USERS", value_name = "USERS")]
    listed_users: Option<usize>,
}

impl Limits {
    pub(super) fn of(&self, mut settings: Settings) -> Settings {
        macro_rules! set {
            ($($limit:ident),*) => {
                $(if let Some(limit) = self.$limit {
                    settings = settings.$limit(limit);
                })*
            };
        }
        set!(
            connects_per_minute,
            connects_at_once,
            connects_per_user,
            events_per_user,
            sockets,
            sockets_per_user,
            sockets_of_nobody,
            queries_per_socket,
            mutations_per_socket,
            actions_per_socket,
            mutation_time,
            request_limit,
            message_limit,
            waiting_limit,
            send_time,
            authentication_time,
            silence,
            calls_at_once,
            calls_per_user,
            calls_of_nobody,
            body_limit,
            body_time,
            listed_users
        );
        if let Some((at_once, a_second)) = self.message_rate {
            settings = settings.message_rate(at_once, a_second);
        }
        if let Some((at_once, a_second)) = self.token_rate {
            settings = settings.token_rate(at_once, a_second);
        }
        settings
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn rate(text: &str) -> Result<(u32, u32), String> {
    let rate = text.split_once(',').and_then(|(at_once, a_second)| {
        let number = |text: &str| text.trim().parse().ok();
        Some((number(at_once)?, number(a_second)?))
    });
    rate.ok_or_else(|| "two numbers are expected: at once, and a second for long".to_owned())
}
