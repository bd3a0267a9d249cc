//! Pages of a list that others change meanwhile.

use std::collections::BTreeSet;

use anyhow::Result;
use portal_client::pb;
use tenantry_tests::{Harness, both, make};

use crate::people::tenant;

both! {
    async fn what_stays_is_read_once_whatever_comes_and_goes(h: Harness) -> Result<()> {
        let (_, admin) = tenant(&h, "pages").await?;
        let calls = admin.tenant();
        let invite = async |name: String| {
            let invited = calls.invite_user(make::user(&h.name(&name), pb::Role::TenantViewer)).await?;
            anyhow::Ok(invited.user.unwrap_or_default().id)
        };
        let mut stay = BTreeSet::new();
        for i in 0..12 {
            stay.insert(invite(format!("m-stays-{i:02}")).await?);
        }
        for order in ["email", "email desc", "display_name", "create_time desc", "create_time"] {
            let mut request = pb::ListUsersRequest { page_size: 3, order_by: order.into(), ..Default::default() };
            let (mut seen, mut guests) = (Vec::new(), Vec::new());
            loop {
                let page = calls.list_users(request.clone()).await?;
                assert!(page.total_size >= 12);
                seen.extend(page.users.into_iter().map(|user| user.id));
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
                // One comes before what was read, one after it, and one of the earlier goes.
                let round = seen.len();
                if round < 20 {
                    let word = order.replace([' ', '_'], "-");
                    guests.push(invite(format!("a-{word}-{round}")).await?);
                    guests.push(invite(format!("z-{word}-{round}")).await?);
                    let user_id = guests.remove(0);
                    calls.remove_user(pb::RemoveUserRequest { user_id, ..Default::default() }).await?;
                }
            }
            let once: BTreeSet<_> = seen.iter().cloned().collect();
            assert_eq!(once.len(), seen.len(), "{order}: somebody was read twice");
            assert!(stay.is_subset(&once), "{order}: somebody was left out");
            for user_id in guests {
                calls.remove_user(pb::RemoveUserRequest { user_id, ..Default::default() }).await?;
            }
        }
        Ok(())
    }
}
