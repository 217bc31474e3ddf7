using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace DataSync.Platform.Resilience;

/// <summary>
/// A tenant's turns at something that allows only so many requests in a time, shared by all jobs on all machines. Who asks is given the next turn and waits for it
/// by himself, so nobody waits in the database. By the database's clock; a commit that a crash of its server undoes costs nothing but a turn.
/// </summary>
internal sealed class SharedRateLimit(TenantDatabase database)
{
    /// <summary>Takes the next turn, unless it would come too late: one that nobody uses would keep others from theirs.</summary>
    /// <param name="tenantId">Whose.</param>
    /// <param name="name">What is limited.</param>
    /// <param name="interval">From one turn to the next.</param>
    /// <param name="burst">Turns that may come at once after a time without any.</param>
    /// <param name="patience">No turn is taken that comes later than this from now.</param>
    /// <param name="ct">Ends the wait for the database.</param>
    public async Task<RateTurn> TakeTurnAsync(string tenantId, string name, TimeSpan interval, int burst, TimeSpan patience, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, durable: false, ct);
        await using var command = transaction.Command(
            """
            INSERT INTO rate_limits AS r (tenant_id, name, next_at)
            VALUES (current_setting('app.tenant_id'), $1, clock_timestamp() - $2 * ($3 - 1) + $2)
            ON CONFLICT (tenant_id, name) DO UPDATE SET next_at = greatest(r.next_at, clock_timestamp() - $2 * ($3 - 1)) + $2
            WHERE r.next_at <= clock_timestamp() + $4
            RETURNING next_at - $2 - clock_timestamp(), next_at
            """,
            name, interval, (double)burst, patience > TimeSpan.Zero ? patience : TimeSpan.Zero);
        var turn = await TurnAsync(command, isTaken: true, ct) ?? await NextAsync(transaction, name, ct);
        await transaction.CommitAsync(ct);
        return turn;
    }

    /// <summary>Gives a turn back that will not be used. Where others were given later ones since, it stays taken: theirs do not come earlier for it. Never throws: one that the database does not take back is lost, and nothing else is.</summary>
    public async Task GiveBackAsync(string tenantId, string name, RateTurn turn, TimeSpan interval, CancellationToken ct)
    {
        try
        {
            await using var transaction = await database.BeginAsync(tenantId, durable: false, ct);
            await using var command = transaction.Command("UPDATE rate_limits SET next_at = next_at - $2 WHERE name = $1 AND next_at = $3", name, interval, turn.NextAt);
            await command.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
        }
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException || DatabaseUnavailable.Caused(e))
        {
        }
    }

    /// <summary>When the next turn is; the statement before has locked the row though it took none.</summary>
    private static async Task<RateTurn> NextAsync(TenantTransaction transaction, string name, CancellationToken ct)
    {
        await using var command = transaction.Command("SELECT next_at - clock_timestamp(), next_at FROM rate_limits WHERE name = $1", name);
        return (await TurnAsync(command, isTaken: false, ct))!;
    }

    private static async Task<RateTurn?> TurnAsync(NpgsqlCommand command, bool isTaken, CancellationToken ct)
    {
        await using var row = await command.ExecuteReaderAsync(ct);
        return await row.ReadAsync(ct) ? new RateTurn(await row.GetFieldValueAsync<TimeSpan>(0, ct), await row.GetFieldValueAsync<DateTimeOffset>(1, ct), isTaken) : null;
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

/// <summary>A turn, or when there would be one.</summary>
/// <param name="Wait">How long until it comes; zero or less for now.</param>
/// <param name="NextAt">When the one behind it comes.</param>
/// <param name="IsTaken">False where it comes too late and was left to others.</param>
internal sealed record RateTurn(TimeSpan Wait, DateTimeOffset NextAt, bool IsTaken);

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
