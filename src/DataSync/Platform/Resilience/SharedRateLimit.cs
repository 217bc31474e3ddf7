using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Resilience;

/// <summary>
/// A tenant's turns at something that allows only so many requests in a time, shared by all jobs on all machines. Who asks is given the next turn and waits for it
/// by himself, so nobody waits in the database. By the database's clock; a commit that a crash of its server undoes costs nothing but a turn.
/// </summary>
internal sealed class SharedRateLimit(TenantDatabase database)
{
    /// <summary>Takes the next turn.</summary>
    /// <param name="tenantId">Whose.</param>
    /// <param name="name">What is limited.</param>
    /// <param name="interval">From one turn to the next.</param>
    /// <param name="burst">Turns that may come at once after a time without any.</param>
    /// <param name="ct">Ends the wait for the database.</param>
    /// <returns>How long to wait until it comes; zero or less for now.</returns>
    public async Task<TimeSpan> TakeTurnAsync(string tenantId, string name, TimeSpan interval, int burst, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, durable: false, ct);
        await using var command = transaction.Command(
            """
            INSERT INTO rate_limits AS r (tenant_id, name, next_at)
            VALUES (current_setting('app.tenant_id'), $1, clock_timestamp() - $2 * ($3 - 1) + $2)
            ON CONFLICT (tenant_id, name) DO UPDATE SET next_at = greatest(r.next_at, clock_timestamp() - $2 * ($3 - 1)) + $2
            RETURNING next_at - $2 - clock_timestamp()
            """,
            name, interval, (double)burst);
        var wait = (TimeSpan)(await command.ExecuteScalarAsync(ct))!;
        await transaction.CommitAsync(ct);
        return wait;
    }

    /// <summary>Nobody's turn comes before <paramref name="wait"/> is over.</summary>
    public async Task HoldBackAsync(string tenantId, string name, TimeSpan wait, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, durable: false, ct);
        await using var command = transaction.Command(
            """
            INSERT INTO rate_limits AS r (tenant_id, name, next_at) VALUES (current_setting('app.tenant_id'), $1, clock_timestamp() + $2)
            ON CONFLICT (tenant_id, name) DO UPDATE SET next_at = greatest(r.next_at, excluded.next_at)
            """,
            name, wait);
        await command.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }
}

/// <summary>When the next turn at something is free.</summary>
internal sealed class RateLimitRow : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public string Name { get; set; } = "";
    public DateTimeOffset NextAt { get; set; }
}

internal sealed class RateLimitMapping : IEntityTypeConfiguration<RateLimitRow>
{
    public void Configure(EntityTypeBuilder<RateLimitRow> builder)
    {
        builder.ToTable("rate_limits", t => t.HasCheckConstraint("ck_rate_limits_tenant", "char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(r => new { r.TenantId, r.Name });
    }
}
