use std::io;
use std::path::{Path, PathBuf};

use byod_build::one_line;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Build(#[from] byod_build::Error),

    #[error(
        "{}: `convex` is missing under [user]. Name the folder to write: `convex = \"byod/convex\"`",
        config.display()
    )]
    NoUserFolder { config: PathBuf },

    #[error(
        "{}: no tables live on users' deployments. List them: `tables = [\"messages\"]` under [user]",
        config.display()
    )]
    NoTables { config: PathBuf },

    #[error(
        "{}: nothing says whose documents a call is about. Add `userId = \"subject\"` under [user.inject], \
         with the name of the field that documents keep their owner in",
        config.display()
    )]
    NoSubject { config: PathBuf },

    #[error(
        "{}: the folder of users' deployments and main's, {}, are one, or one is in the other, so each would \
         deploy the other's functions. Name another under [user]: `convex = \"byod/convex\"`",
        folder.display(), main.display()
    )]
    OneFolder { folder: PathBuf, main: PathBuf },

    #[error(
        "the table `{0}` has the name of the one that idempotency keys are kept in. Rename it, or take \
         `idempotency-key` out of [user.inject]"
    )]
    KeyTable(&'static str),

    #[error(
        "the table `{0}` has the name of the one by which a deployment says whose it is. Rename it"
    )]
    ClaimTable(&'static str),

    #[error(
        "the table `{0}` has the name of the one that says what was mirrored of main's documents. Rename it"
    )]
    MirrorTable(&'static str),

    #[error("{}", told(config, problems).join("; "))]
    Owners {
        config: PathBuf,
        problems: Vec<String>,
    },

    #[error(
        "`{}` of {}.ts is public: anybody who knows the deployment's address could call it. Make it with the builders \
         of `../byod/owner`", .0.name, .0.module
    )]
    PublicFunction(byod_schema::FunctionPath),

    #[error("{}", .0.join("; "))]
    Public(Vec<String>),

    #[error(
        "nothing was written, for the users' project could not be read with the files that stay in it: {0}"
    )]
    Staying(String),

    #[error("nothing was written: {module}.ts {what}. Mend it, or move it out of custom/")]
    Custom { module: String, what: String },

    #[error(
        "nothing was written: the module `{module}` {what}, and it can't be told which function that is for. Leave the \
         table out of `tables`, or write its functions in custom/"
    )]
    Planned { module: String, what: String },

    #[error(
        "nothing was written: {what} (TypeScript {version}). Mend the users' project's tsconfig.json if it is that, or \
         export with --no-typecheck"
    )]
    Typecheck { version: String, what: String },

    #[error("{}: not a lock file of this version: {reason}. Remove it and export again", path.display())]
    Lock { path: PathBuf, reason: String },

    #[error(
        "{}: the file name {name:?} can't be taken: {reason}. Nothing was written or removed; mend byod.lock.json, or \
         remove it and export again",
        folder.display()
    )]
    Name {
        folder: PathBuf,
        name: String,
        reason: &'static str,
    },

    #[error(
        "{}: this is a link, and files are written and removed through none. Put the folder or file itself there",
        path.display()
    )]
    Link { path: PathBuf },

    #[error(
        "the packages could not be installed by {manager}: {reason}. Install them in the project, and try again"
    )]
    Install { manager: String, reason: String },

    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },

    #[error("{}: {reason}. Begin a service with `cargo init`, or name its folder: `byod init FOLDER`", path.display())]
    NoPackage { path: PathBuf, reason: String },

    #[error(
        "{}: this is no checkout of byod. Name the folder that has byod-runtime in it, or a repository's URL: `--byod FOLDER`",
        folder.display()
    )]
    NoCheckout { folder: PathBuf },

    #[error(
        "{}: no Convex project is there, above or beside it. Name yours: `byod init --convex ../app/convex`",
        folder.display()
    )]
    NoConvex { folder: PathBuf },

    #[error(
        "there are several Convex projects: {}. Name yours: `byod init --convex FOLDER`",
        shown(found)
    )]
    WhichConvex { found: Vec<PathBuf> },

    #[error("{}: no such folder. Write it with `byod export`", folder.display())]
    NotExported { folder: PathBuf },

    #[error("{}: its byod/version.ts says no version. Write it with `byod export`", folder.display())]
    NoVersion { folder: PathBuf },

    #[error("{}: was exported meanwhile; run this again", folder.display())]
    ExportedMeanwhile { folder: PathBuf },

    #[error("{}: the manual pages could not be written: {source}", folder.display())]
    Manual { folder: PathBuf, source: io::Error },

    #[error("the report could not be printed: {0}")]
    Output(io::Error),

    #[error("the deploy key could not be read from standard input: {0}")]
    Input(io::Error),

    #[error(
        "the deployment's deploy key is missing: set {variable}, or write it to standard input"
    )]
    NoDeployKey { variable: &'static str },

    #[error("no random bytes from the system: {0}")]
    Random(getrandom::Error),

    #[error(transparent)]
    Byod(#[from] byod_runtime::Error),

    #[error(
        "main has no functions `{module}:listConfigs` and `{module}:resealConfig`. `byod export --main` writes them, \
         or says what to add; deploy main then, and run this again"
    )]
    NoRotation { module: String },

    #[error(
        "{0}. What has been sealed anew by now stays so: run this again to go on with the rest"
    )]
    CutOff(byod_runtime::Error),

    #[error(
        "the record of {user:?}, which the engine's workers have seen to, isn't sealed as it should be: start them with the same \
         BYOD_ENCRYPTION_KEY and BYOD_FORMER_ENCRYPTION_KEYS as this command (and with --bind-records for --bind), and run this again"
    )]
    OtherKeys { user: String },

    #[error(transparent)]
    Fleet(byod_fleet::Error),

    #[error(
        "main has no function `{module}:listConfigs`. `byod export --main` writes it, or says what to add; deploy main \
         then, and run this again"
    )]
    NoList { module: String },

    #[error(
        "{}: this isn't what `byod fleet run --state` has written. Name another file, or delete it: then those who failed are \
         tried at once",
        file.display()
    )]
    NoMemory { file: PathBuf },

    #[error("the tool can't wait for the network: {0}")]
    Runtime(io::Error),
}

impl Error {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// What is wrong, each thing on a line of its own.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problems = match self {
            Self::Owners { config, problems } => told(config, problems),
            Self::Public(problems) => problems.clone(),
            Self::Build(byod_build::Error::Several(errors)) => {
                errors.iter().map(ToString::to_string).collect()
            }
            other => vec![other.to_string()],
        };
        problems.iter().map(|problem| one_line(problem)).collect()
    }

    /// What ended something that was done for all users, with what to do about it.
    pub(crate) fn of_fleet(error: byod_fleet::Error, module: &str) -> Self {
        match error {
            byod_fleet::Error::Byod(byod_runtime::Error::Function { message, .. })
                if message.contains("Could not find") =>
            {
                Self::NoList {
                    module: module.to_owned(),
                }
            }
            byod_fleet::Error::Byod(error) => Self::Byod(error),
            other => Self::Fleet(other),
        }
    }

    /// What ended a rotation of keys, with what to do about it.
    pub(crate) fn of_rotation(self, module: &str) -> Self {
        match self {
            Self::Byod(byod_runtime::Error::Function { message, .. })
                if message.contains("Could not find") =>
            {
                Self::NoRotation {
                    module: module.to_owned(),
                }
            }
            Self::Byod(error) => Self::CutOff(error),
            other => other,
        }
    }
}

impl From<byod_fleet::Error> for Error {
    fn from(error: byod_fleet::Error) -> Self {
        Self::Fleet(error)
    }
}

fn shown(folders: &[PathBuf]) -> String {
    let folders = folders.iter().map(|folder| folder.display().to_string());
    folders.collect::<Vec<_>>().join(", ")
}

/// One text for each problem.
fn told(config: &Path, problems: &[String]) -> Vec<String> {
    let told = |problem: &String| format!("{}: {problem}", config.display());
    problems.iter().map(told).collect()
}
