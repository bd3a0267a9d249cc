//! Requests at random: the first byte says of which RPC, the others are the message. Whatever it is, it is no fault of the server.

#![no_main]

use axum::{Router, body::Body};
use http::{Request, header::CONTENT_TYPE};
use libfuzzer_sys::fuzz_target;
use prost_reflect::DescriptorPool;
use std::sync::LazyLock;
use tenantry::{
    auth::{Call, Caller},
    clock::Clock,
    config::{Flags, Settings},
    id::{MembershipId, ResellerId, SessionId, TenantId, UserId},
    identity::user::membership::Role,
    serve::{self, Running, dispatch::Stopping},
    store::Owner,
};
use tokio::{runtime::Runtime, sync::watch};
use tower::ServiceExt;

/// A server on an empty database, and the paths of its RPCs.
struct Server {
    runtime: Runtime,
    routes: Router,
    paths: Vec<String>,
    stopping: watch::Receiver<bool>,
    _stop: watch::Sender<bool>,
    _running: Running,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| match start() {
    Ok(server) => server,
    Err(error) => panic!("{error:#}"),
});

fn start() -> anyhow::Result<Server> {
    let runtime = Runtime::new()?;
    let flags = Flags {
        listen: Some("127.0.0.1:0".into()),
        data_dir: Some(tempfile::tempdir()?.keep()),
        ..Flags::default()
    };
    let running = runtime.block_on(serve::start(Settings::load(&flags)?, Clock::default()))?;
    let pool = DescriptorPool::decode(tenantry_proto::DESCRIPTORS)?;
    let ours = pool.services().filter(|service| service.package_name() == "tenantry.v1");
    let paths = ours.flat_map(|service| {
        let name = service.full_name().to_owned();
        service.methods().map(move |method| format!("/{name}/{}", method.name())).collect::<Vec<_>>()
    });
    let (stop, stopping) = watch::channel(false);
    Ok(Server {
        routes: runtime.block_on(async { tenantry::routes(&running.app) }),
        paths: paths.collect(),
        runtime,
        stopping,
        _stop: stop,
        _running: running,
    })
}

/// Somebody who may call anything of a service.
fn caller(path: &str) -> Caller {
    let (role, owner) = match path.split(['.', '/']).nth(3) {
        Some("TenantAdminService") => (Role::TenantAdmin, Owner::Tenant(TenantId::new())),
        Some("ResellerService") => (Role::ResellerAdmin, Owner::Reseller(ResellerId::new())),
        _ => (Role::MasterAdmin, Owner::Platform),
    };
    Caller {
        user_id: UserId::new(),
        email: "fuzz@tenantry.example".into(),
        session_id: SessionId::new(),
        membership_id: MembershipId::new(),
        role,
        owner,
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((first, message)) = data.split_first() else { return };
    let server = &*SERVER;
    let path = &server.paths[usize::from(*first) % server.paths.len()];
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    let frame = [&[0], &length[..], message].concat();
    let call = Call {
        request_id: "fuzz".into(),
        method: path.clone(),
        remote_address: "127.0.0.1".into(),
        caller: Some(caller(path)),
        known: Default::default(),
    };
    let request = Request::post(path.as_str())
        .header(CONTENT_TYPE, "application/grpc")
        .extension(call)
        .extension(Stopping(server.stopping.clone()))
        .body(Body::from(frame));
    let Ok(request) = request else { return };
    let Ok(response) = server.runtime.block_on(server.routes.clone().oneshot(request));
    // What is refused is refused before there is a message. Neither INTERNAL nor UNKNOWN.
    let status = response.headers().get("grpc-status").map(|status| status.as_bytes());
    assert!(!matches!(status, Some(b"13" | b"2")), "{path} with {message:x?}: {response:?}");
});
