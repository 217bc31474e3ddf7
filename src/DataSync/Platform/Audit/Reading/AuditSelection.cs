using System.Text.Json;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;

namespace DataSync.Platform.Audit.Reading;

/// <summary>Which entries are wanted.</summary>
/// <param name="From">Not before this time.</param>
/// <param name="To">Before this time.</param>
/// <param name="Actor">Of this subject or client.</param>
/// <param name="Action">Of this action.</param>
/// <param name="Target">About the thing of this id.</param>
internal sealed record AuditSelection(DateTimeOffset? From, DateTimeOffset? To, string? Actor, string? Action, string? Target) : IRequestQuery<AuditSelection>
{
    public static AuditSelection Read(QueryReader query) => new(
        query.OptionalTime("from", "Only entries of this time and later."),
        query.OptionalTime("to", "Only entries before this time."),
        query.OptionalString("actor", "Only what this subject or client did."),
        query.OptionalString("action", "Only this action, such as `source.delete`.", 100),
        query.OptionalString("target", "Only what was done to the thing of this id.", AuditMapping.MaxTarget));

    /// <summary>Whether every entry is.</summary>
    public bool IsEverything() => this == new AuditSelection(null, null, null, null, null);

    /// <summary>Those of the entries.</summary>
    public IQueryable<ChainedAuditEntry> Of(IQueryable<ChainedAuditEntry> entries)
    {
        if (From is { } from) entries = entries.Where(e => e.Time >= from);
        if (To is { } to) entries = entries.Where(e => e.Time < to);
        if (Actor is { } actor) entries = entries.Where(e => e.Actor == actor);
        if (Action is { } action) entries = entries.Where(e => e.Action == action);
        if (Target is { } target) entries = entries.Where(e => e.Target == target);
        return entries;
    }
}

/// <summary>Which entries, and which page of them.</summary>
internal sealed record AuditPage(AuditSelection Selection, PageRequest Page) : IRequestQuery<AuditPage>
{
    public static AuditPage Read(QueryReader query)
    {
        var selection = AuditSelection.Read(query);
        return new AuditPage(selection, query.Page(JsonSerializer.Serialize(new object[] { "audit", selection })));
    }
}
