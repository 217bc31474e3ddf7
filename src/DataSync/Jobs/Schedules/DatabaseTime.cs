using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Jobs.Schedules;

/// <summary>The one clock that schedules go by on every machine: the database's. A worker whose own is wrong neither skips nor repeats a time.</summary>
internal static class DatabaseTime
{
    public static Task<DateTimeOffset> NowAsync(TenantTransaction transaction, CancellationToken ct)
        => transaction.Db.Database.SqlQuery<DateTimeOffset>($"SELECT now() AS \"Value\"").SingleAsync(ct);
}
