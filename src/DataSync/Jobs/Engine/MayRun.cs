using DataSync.Platform.Tenancy.Regions;

namespace DataSync.Jobs.Engine;

/// <summary>
/// Which queued jobs may run now, as the first queries of a recursive statement of the system's role. The turn that hands them out and the gauges that tell how long they have waited ask alike, so that what a
/// gauge calls late is what a turn would take.
/// </summary>
internal static class MayRun
{
    /// <summary>
    /// Ends with <c>next</c>, the jobs that their tenants' limits let run (<c>place</c> is how many of the tenant would run with it, <c>places</c> how many more may, <c>since</c> when it came into the queue, or its wait there was over),
    /// and <c>taken</c>, how many threads are busy. A job handed out and not begun for a while (<see cref="TenantCount.HandOutAge"/>) counts as not handed out. No part
    /// reads a queue to its end: the tenants are found by a step from one to the next in the index, and of each only as many jobs as it may run.
    /// Jobs of tenants that are stored in another region are nobody's here.
    /// </summary>
    /// <param name="limit">Place of the limit of tenants that have none of their own.</param>
    /// <param name="most">Place of the number of jobs beyond which none of a tenant is looked at; <c>NULL</c> for no such number.</param>
    /// <param name="own">Place of the first of <see cref="RegionSql.Values"/>.</param>
    /// <param name="usual">Place of the second.</param>
    public static string Sql(string limit, string most, string own, string usual) =>
        $"""
        live AS MATERIALIZED (
            SELECT tenant_id, id, mode, cancel_requested_at IS NOT NULL AS called_off, coalesce(dispatched_at > now() - {TenantCount.HandOutAge}, false) AS just_handed_out,
                   lease_until < now() OR NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = j.lease_pid) AS orphan
            FROM sync_jobs j WHERE status = 'running'),
        handed_out AS MATERIALIZED (
            SELECT tenant_id FROM sync_jobs WHERE status = 'queued' AND dispatched_at IS NOT NULL AND dispatched_at > now() - {TenantCount.HandOutAge}),
        busy AS (
            SELECT tenant_id, count(*) AS n FROM (SELECT tenant_id FROM live UNION ALL SELECT tenant_id FROM handed_out) b GROUP BY tenant_id),
        tenants AS (
            (SELECT tenant_id FROM sync_jobs WHERE status = 'queued' ORDER BY tenant_id LIMIT 1)
            UNION ALL
            SELECT (SELECT j.tenant_id FROM sync_jobs j WHERE j.status = 'queued' AND j.tenant_id > t.tenant_id ORDER BY j.tenant_id LIMIT 1)
            FROM tenants t WHERE t.tenant_id IS NOT NULL),
        next AS (
            SELECT t.tenant_id, q.id, q.created_at, q.since, coalesce(s.max_concurrent_jobs, {limit}) - coalesce(b.n, 0) AS places,
                   coalesce(b.n, 0) + row_number() OVER (PARTITION BY t.tenant_id ORDER BY q.id) AS place
            FROM tenants t LEFT JOIN busy b USING (tenant_id) LEFT JOIN tenant_settings s USING (tenant_id)
            CROSS JOIN LATERAL (
                SELECT j.id, j.created_at, greatest(j.created_at, j.not_before) AS since FROM sync_jobs j
                WHERE j.tenant_id = t.tenant_id AND j.status = 'queued'
                  AND (j.not_before IS NULL OR j.not_before <= now()) AND (j.dispatched_at IS NULL OR j.dispatched_at <= now() - {TenantCount.HandOutAge})
                ORDER BY j.id LIMIT greatest(0, least(coalesce(s.max_concurrent_jobs, {limit}) - coalesce(b.n, 0), {most}))) q
            WHERE t.tenant_id IS NOT NULL AND {RegionSql.IsHere("t.tenant_id", own, usual)}),
        taken AS (SELECT (SELECT count(*) FROM handed_out) + (SELECT count(*) FROM live WHERE mode <> 'realtime') AS threads)
        """;
}
