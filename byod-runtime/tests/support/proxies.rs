//! Proxies that ask for a password (`user`, `geheim`). Whatever the name that they are
//! given, they connect to this machine.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
    copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a proxy was told.
pub(crate) type Told = Arc<Mutex<Vec<String>>>;

/// A proxy that makes tunnels: its port, and the heads of the requests that it got.
pub(crate) async fn tunnels() -> (u16, Told) {
    tunnels_over(None).await
}

/// The same, over TLS if the proxy speaks that.
pub(crate) async fn tunnels_over(tls: Option<TlsAcceptor>) -> (u16, Told) {
    serve(move |stream, told| {
        let tls = tls.clone();
        async move {
            match tls {
                None => tunnel(stream, &told).await,
                Some(tls) => tunnel(tls.accept(stream).await?, &told).await,
            }
        }
    })
    .await
}

/// A proxy that speaks SOCKS, version 5: its port, and the hosts and ports that were
/// asked for.
pub(crate) async fn socks() -> (u16, Told) {
    serve(|stream, told| async move { socks_connection(stream, &told).await }).await
}

async fn serve<F>(connection: impl Fn(TcpStream, Told) -> F + Send + 'static) -> (u16, Told)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Told::default();
    let all = told.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client may break off at any time; that ends the connection, no more.
            tokio::spawn(connection(stream, all.clone()));
        }
    });
    (port, told)
}

async fn tunnel(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    told: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    told.lock().unwrap().push(head.clone());
    if !head.contains("Proxy-Authorization: Basic dXNlcjpnZWhlaW0=\r\n") {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
        stream.write_all(refusal).await?;
        return stream.flush().await;
    }
    let to = head.split(' ').nth(1).unwrap();
    let answer = b"HTTP/1.1 200 Connection established\r\n\r\n";
    stream.write_all(answer).await?;
    stream.flush().await?;
    pass_on(stream, to.rsplit_once(':').unwrap().1.parse().unwrap()).await
}

async fn socks_connection(mut stream: TcpStream, told: &Mutex<Vec<String>>) -> io::Result<()> {
    const BY_PASSWORD: u8 = 2;
    let [version, methods] = read(&mut stream).await?;
    let mut offered = vec![0; methods.into()];
    stream.read_exact(&mut offered).await?;
    if version != 5 || !offered.contains(&BY_PASSWORD) {
        return stream.write_all(&[5, 0xff]).await;
    }
    stream.write_all(&[5, BY_PASSWORD]).await?;
    let [_] = read(&mut stream).await?;
    let user = text(&mut stream).await?;
    let password = text(&mut stream).await?;
    let good = (user, password) == ("user".to_owned(), "geheim".to_owned());
    stream.write_all(&[1, u8::from(!good)]).await?;
    if !good {
        return Ok(());
    }
    let [_, _, _, kind] = read(&mut stream).await?;
    let host = match kind {
        1 => std::net::Ipv4Addr::from(read::<4>(&mut stream).await?).to_string(),
        3 => text(&mut stream).await?,
        _ => std::net::Ipv6Addr::from(read::<16>(&mut stream).await?).to_string(),
    };
    let port = u16::from_be_bytes(read(&mut stream).await?);
    told.lock().unwrap().push(format!("{host}:{port}"));
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    pass_on(stream, port).await
}

async fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// With its length in front.
async fn text(stream: &mut TcpStream) -> io::Result<String> {
    let [length] = read(stream).await?;
    let mut bytes = vec![0; length.into()];
    stream.read_exact(&mut bytes).await?;
    Ok(String::from_utf8(bytes).unwrap())
}

async fn pass_on(mut near: impl AsyncRead + AsyncWrite + Unpin, port: u16) -> io::Result<()> {
    let mut far = TcpStream::connect(("127.0.0.1", port)).await?;
    copy_bidirectional(&mut near, &mut far).await.map(drop)
}
