using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>What following a table by the log needs, what of it is missing, and the SQL that puts it there.</summary>
internal sealed class LogSetup(LogFacts facts, string name)
{
    /// <summary>Everything that is looked at, in the order it is best put right.</summary>
    public IReadOnlyList<TrackingCheck> Checks()
    {
        if (facts.Version < LogFacts.OldestVersion) return [Failed("version", ("version", facts.Version), ("oldest", LogFacts.OldestVersion))];
        return
        [
            Check("primary", !facts.IsStandby),
            Check("wal_level", facts.WalLevel == "logical", ("wal_level", facts.WalLevel)),
            Check("replication", facts.MayReplicate, ("login", facts.Login)),
            Check("select", facts is { MaySelect: true, MayUseSchema: true }, ("login", facts.Login)),
            Check("table", facts is { Kind: "r" or "p", Persistence: "p", Shape.HasUnlogged: false }),
            Check("row_security", !facts.HasRowSecurity, ("login", facts.Login)),
            Check("key", facts.Table.KeyColumns.Count > 0),
            Check("identity", facts.Identity is "d" or "f"),
            Check("generated", facts.Generated is null, ("column", facts.Generated)),
            Check("types", facts.Unreadable is null, ("column", facts.Unreadable)),
            Check("publication", facts is { HasPublication: true, PublishesTable: true, PublishesAll: true, IsFiltered: false }, ("name", name)),
            Check("slot", !facts.HasSlot || facts.IsOurSlot, ("name", name)),
            Check("slots", facts.HasSlot || facts.HasRoomForSlot),
        ];
    }

    /// <summary>What is missing first; null where nothing is.</summary>
    public TrackingReason? Missing() => Checks().FirstOrDefault(c => !c.Passed)?.Reason;

    public TrackingSetup Setup() => new(TrackingMethods.Log, [.. Statements()], [.. Undo()], Checks(), facts.LagBytes);

    private IEnumerable<string> Statements()
    {
        var table = facts.Table.QuotedName;
        if (facts.Version < LogFacts.OldestVersion) yield break;
        if (facts.WalLevel != "logical") yield return "ALTER SYSTEM SET wal_level = 'logical' /* then restart the server */";
        if (!facts.MayReplicate) yield return $"ALTER ROLE {SqlName.Quote(facts.Login)} REPLICATION";
        if (!facts.MayUseSchema) yield return $"GRANT USAGE ON SCHEMA {SqlName.Quote(facts.Schema)} TO {SqlName.Quote(facts.Login)}";
        if (!facts.MaySelect) yield return $"GRANT SELECT ON TABLE {table} TO {SqlName.Quote(facts.Login)}";
        if (facts.Identity is not ("d" or "f") && facts.Table.KeyColumns.Count > 0) yield return $"ALTER TABLE {table} REPLICA IDENTITY DEFAULT";

        // without a key the server would refuse every UPDATE and DELETE of a published table
        if (facts.Table.KeyColumns.Count > 0 && facts is not { HasPublication: true, PublishesTable: true, PublishesAll: true, IsFiltered: false })
        {
            if (facts.HasPublication) yield return $"DROP PUBLICATION {SqlName.Quote(name)}";
            var root = facts.Kind == "p" ? ", publish_via_partition_root = true" : "";
            yield return $"CREATE PUBLICATION {SqlName.Quote(name)} FOR TABLE {table} WITH (publish = 'insert, update, delete, truncate'{root})";
        }

        if (!facts.HasSlot) yield return $"SELECT pg_catalog.pg_create_logical_replication_slot('{name}', 'pgoutput') /* or leave it to the first sync */";
    }

    private IEnumerable<string> Undo()
    {
        yield return $"SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots WHERE slot_name = '{name}'";
        yield return $"DROP PUBLICATION IF EXISTS {SqlName.Quote(name)}";
        yield return $"ALTER ROLE {SqlName.Quote(facts.Login)} NOREPLICATION /* where no other source needs it */";
    }

    private static TrackingCheck Check(string what, bool passed, params (string Name, object? Value)[] values) => passed ? new TrackingCheck(what, true) : Failed(what, values);

    private static TrackingCheck Failed(string what, params (string Name, object? Value)[] values) => new(what, false, TrackingReason.Of($"tracking.log.{what}", values));
}
