//! How Convex says that a deployment runs no functions at present.

use super::text::{EXPLANATION, one_line};

/// How its sentences begin: paused by its owner, suspended, or over a limit.
const SENTENCES: [&str; 4] = [
    "Cannot run functions while this deployment is ",
    "This deployment has been disabled",
    "You have exceeded the free plan limits, so your deployments have been disabled",
    "You have exceeded your spending limits, so your deployments have been disabled",
];

/// The code of a refusal that says so.
pub(super) const CODE: &str = "BackendIsNotRunning";

/// Convex's sentence, if that is what stands in place of a function's message. What a
/// function throws itself begins otherwise (`Uncaught Error: `), or is left out.
pub(super) fn sentence(message: &str) -> Option<String> {
    let said = match message.split_once('\n') {
        Some((head, said)) if head.ends_with("Server Error") => said,
        _ => message,
    };
    let is_one = SENTENCES.iter().any(|begin| said.starts_with(begin));
    is_one.then(|| one_line(said.lines().next().unwrap_or_default(), EXPLANATION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn convexs_sentence_is_told_from_a_functions_own_message() {
        let paused = "Cannot run functions while this deployment is paused. Resume the deployment in the dashboard settings to allow functions to run.";
        for message in [
            paused.to_owned(),
            format!("[Request ID: 0a1b] Server Error\n{paused}\n"),
        ] {
            assert_eq!(sentence(&message).as_deref(), Some(paused));
        }
        for message in [
            format!("[Request ID: 0a1b] Server Error\nUncaught Error: {paused}"),
            format!("Uncaught Error: {paused}"),
            format!("Hello\n{paused}"),
            "[Request ID: 0a1b] Server Error".to_owned(),
        ] {
            assert_eq!(sentence(&message), None, "{message}");
        }
    }
}
