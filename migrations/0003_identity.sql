-- Who may come in: organizations, their users, and the credentials of both people and programs.
--
-- Login, refresh and API keys look rows up before the tenant is known, so they act as `seiketsu_system`. A request
-- acts as `seiketsu_app`, which sees its own organization and colleagues but no credential of anybody.

create table organizations (
    -- The organization is the tenant.
    tenant_id  uuid        primary key,
    name       text        not null,
    -- What its people type at login; lower case.
    domain     text        not null unique check (domain = lower(domain)),
    vertical   text        not null,
    settings   json        not null default '{}',
    created_at timestamptz not null
);
select protect_tenant_table('organizations');
grant select, insert on organizations to seiketsu_system;

create table users (
    tenant_id     uuid        not null references organizations,
    id            uuid        not null,
    -- Lower case, so that a mailbox is one user however it is typed.
    email         text        not null check (email = lower(email)),
    name          text        not null,
    role          text        not null
                  check (role in ('super_admin', 'org_admin', 'manager', 'agent', 'viewer', 'auditor')),
    -- A PHC string, which carries its own parameters.
    password_hash text        not null,
    disabled_at   timestamptz,
    token_epoch   integer     not null default 0,
    created_at    timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, email)
);
comment on column users.token_epoch is 'Access tokens of another epoch are refused; add one to end them all.';
select protect_tenant_table('users', 'select (tenant_id, id, email, name, role, disabled_at, created_at)');
grant select, insert, update on users to seiketsu_system;

-- One row per refresh token ever issued, until its family expires. The first token of a family lends it its id.
create table refresh_tokens (
    id          uuid        primary key,
    tenant_id   uuid        not null,
    user_id     uuid        not null,
    family      uuid        not null,
    token_hash  bytea       not null unique,
    created_at  timestamptz not null,
    -- The same for the whole family: a session ends however often it is refreshed.
    expires_at  timestamptz not null,
    used_at     timestamptz,
    -- The newest token issued for this one.
    replaced_by uuid,
    revoked_at  timestamptz,
    foreign key (tenant_id, user_id) references users (tenant_id, id)
);
create index refresh_tokens_user on refresh_tokens (tenant_id, user_id);
create index refresh_tokens_family on refresh_tokens (family);
select protect_tenant_table('refresh_tokens', '');
grant select, insert, update, delete on refresh_tokens to seiketsu_system;

create table api_keys (
    id         uuid        primary key,
    tenant_id  uuid        not null references organizations,
    name       text        not null,
    key_hash   bytea       not null,
    role       text        not null check (role in ('super_admin', 'org_admin', 'manager', 'agent', 'viewer', 'auditor')),
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz
);
create index api_keys_tenant on api_keys (tenant_id);
select protect_tenant_table('api_keys', '');
grant select, insert, update on api_keys to seiketsu_system;

-- The token with this hash, as it stands once nobody else can change its family or its user's password; null where
-- there is none. Everybody locks the user first and the family (its first token) second.
create function lock_refresh_token(p_hash bytea) returns refresh_tokens
    language plpgsql as $$
declare
    found_token refresh_tokens;
begin
    select * into found_token from refresh_tokens where token_hash = p_hash;
    perform from users where tenant_id = found_token.tenant_id and id = found_token.user_id for share;
    perform from refresh_tokens where id = found_token.family for update;
    select * into found_token from refresh_tokens where token_hash = p_hash;
    return found_token;
end $$;

-- Trades a refresh token for its successor.
--
-- A token may be presented again for a while after its first use, as long as nobody went on with what it was traded
-- for: then the answer was lost, or two windows asked at once. Anything else is somebody holding a copy, and the
-- whole family ends.
create function rotate_refresh_token(
    p_hash bytea, p_next_id uuid, p_next_hash bytea, p_now timestamptz, p_grace interval,
    out outcome text, out tenant_id uuid, out user_id uuid
)
    language plpgsql as $$
declare
    presented refresh_tokens := lock_refresh_token(p_hash);
begin
    tenant_id := presented.tenant_id;
    user_id := presented.user_id;
    if presented.id is null or presented.revoked_at is not null then
        outcome := 'unknown';
    elsif presented.expires_at <= p_now then
        outcome := 'expired';
    elsif exists (select from users u
                   where u.tenant_id = presented.tenant_id and u.id = presented.user_id and u.disabled_at is not null) then
        outcome := 'unknown';
    elsif presented.used_at is null or (
            presented.used_at > p_now - p_grace
            and not exists (select from refresh_tokens t where t.id = presented.replaced_by and t.used_at is not null)) then
        outcome := 'rotated';
        insert into refresh_tokens (id, tenant_id, user_id, family, token_hash, created_at, expires_at)
        values (p_next_id, presented.tenant_id, presented.user_id, presented.family, p_next_hash, p_now, presented.expires_at);
        update refresh_tokens t set used_at = coalesce(t.used_at, p_now), replaced_by = p_next_id where t.id = presented.id;
    else
        outcome := 'reused';
        update refresh_tokens t set revoked_at = p_now where t.family = presented.family;
    end if;
end $$;

-- Ends the family of a refresh token; no matter if it has ended, or never was.
create function revoke_refresh_family(p_hash bytea, p_now timestamptz) returns void
    language plpgsql as $$
declare
    presented refresh_tokens := lock_refresh_token(p_hash);
begin
    update refresh_tokens set revoked_at = p_now where family = presented.family and revoked_at is null;
end $$;

-- Gives a user another password and ends every session that the old one opened.
create function change_password(p_tenant uuid, p_user uuid, p_password_hash text, p_now timestamptz) returns void
    language plpgsql as $$
begin
    update users set password_hash = p_password_hash, token_epoch = token_epoch + 1
     where tenant_id = p_tenant and id = p_user;
    update refresh_tokens set revoked_at = p_now
     where tenant_id = p_tenant and user_id = p_user and revoked_at is null;
end $$;

revoke execute on function lock_refresh_token, rotate_refresh_token, revoke_refresh_family, change_password from public;
grant execute on function lock_refresh_token, rotate_refresh_token, revoke_refresh_family, change_password
    to seiketsu_system;
