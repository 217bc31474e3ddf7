using System.Text.Json;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Sources.Slots;

/// <summary>
/// A place that a source read from and does not any more, though its server may still keep a slot for it: written in the transaction that deletes or moves the source, gone once that server has said that
/// there is none. Its credentials stay sealed as they were.
/// </summary>
internal sealed class SlotRelease : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid Id { get; set; }
    public string SourceId { get; set; } = "";
    public string SourceType { get; set; } = "";

    /// <summary>As <see cref="DataSourceConfig.ConnectionParams"/> was.</summary>
    public string ConnectionParams { get; set; } = "{}";

    /// <summary>The version it was sealed for.</summary>
    public int Version { get; set; }

    public Guid? Mark { get; set; }

    /// <summary>JSON: where its syncs had come to; null for nowhere.</summary>
    public string? Last { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When a worker tries it again.</summary>
    public DateTimeOffset NextTryAt { get; set; }

    /// <summary>What a source leaves behind.</summary>
    /// <param name="source">As it is stored, before it changes.</param>
    /// <param name="last">Where its syncs had come to.</param>
    /// <param name="now">The time.</param>
    /// <param name="patience">Whoever makes it tries it at once, for so long.</param>
    public static SlotRelease Of(DataSourceConfig source, JsonElement? last, DateTimeOffset now, TimeSpan patience) => new()
    {
        TenantId = source.TenantId,
        Id = Guid.CreateVersion7(now),
        SourceId = source.SourceId,
        SourceType = source.SourceType,
        ConnectionParams = source.ConnectionParams,
        Version = source.Version,
        Mark = source.Mark,
        Last = last?.GetRawText(),
        CreatedAt = now,
        NextTryAt = now + (patience * 2),
    };

    /// <summary>The source as it was, as far as its server is concerned.</summary>
    public DataSourceConfig Source() => new() { TenantId = TenantId, SourceId = SourceId, SourceType = SourceType, ConnectionParams = ConnectionParams, Version = Version, Mark = Mark };
}

internal sealed class SlotReleaseMapping : IEntityTypeConfiguration<SlotRelease>
{
    public void Configure(EntityTypeBuilder<SlotRelease> builder)
    {
        builder.ToTable("slot_releases");
        builder.HasKey(r => new { r.TenantId, r.Id });
        builder.Property(r => r.ConnectionParams).HasColumnType("json");
        builder.Property(r => r.Last).HasColumnType("json");
        builder.Property(r => r.SourceType).HasMaxLength(50);
    }
}
