using Npgsql;

namespace DataSync.Platform.Audit.Chain;

/// <summary>The fields that both tables have, read and written in one order.</summary>
internal static class AuditFields
{
    /// <summary>Of a select; the table's own columns follow.</summary>
    public const string Columns = "tenant_id, time, actor_kind, actor, client, action, target_kind, target, outcome, correlation_id, details, salt, digest";

    /// <summary>How many they are.</summary>
    public const int Count = 13;

    /// <summary>The fields of the row that the reader is at.</summary>
    public static T Read<T>(NpgsqlDataReader row) where T : AuditEntry, new() => new()
    {
        TenantId = row.GetString(0),
        Time = row.GetFieldValue<DateTimeOffset>(1),
        ActorKind = row.GetString(2),
        Actor = Text(row, 3),
        Client = Text(row, 4),
        Action = row.GetString(5),
        TargetKind = row.GetString(6),
        Target = Text(row, 7),
        Outcome = row.GetString(8),
        CorrelationId = row.GetString(9),
        Details = Text(row, 10),
        Salt = Bytes(row, 11),
        Digest = Bytes(row, 12),
    };

    private static string? Text(NpgsqlDataReader row, int field) => row.IsDBNull(field) ? null : row.GetString(field);

    private static byte[]? Bytes(NpgsqlDataReader row, int field) => row.IsDBNull(field) ? null : row.GetFieldValue<byte[]>(field);
}
