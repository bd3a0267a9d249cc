.PHONY: run test walls mutants fuzz main-job bench

# A running system with demo data; prints the addresses and the sign-ins.
run:
	@scripts/setup.sh run
	@scripts/portals.sh build --release
	@cargo run --release -p tenantry --features embed -- demo

# Every test there is; prints how many of each kind ran.
test:
	@scripts/setup.sh test
	@node scripts/test.mjs

# The harnesses between tenants alone: cells covered of cells in all, by harness and database.
walls:
	@scripts/setup.sh test
	@node scripts/walls.mjs

# Takes the defences out one by one and shows that a harness notices each.
mutants:
	@scripts/setup.sh test
	@node scripts/mutants.mjs

# Bytes at random for every request of the contract, and texts at random for filters and page tokens; a minute each.
fuzz:
	@scripts/fuzz.sh 60

# The main job from the outside, with `buf curl` and reflection only.
main-job:
	@scripts/setup.sh test
	@cargo build --workspace --bin tenantry
	@TENANTRY_BIN="$${CARGO_TARGET_DIR:-target}/debug/tenantry" node scripts/main-job.mjs

# Idle memory, and calls per second beside a bare tonic server; five minutes.
bench:
	@scripts/setup.sh test
	@cargo build --quiet --release -p tenantry-tests --bins
	@"$${CARGO_TARGET_DIR:-target}/release/bench"
