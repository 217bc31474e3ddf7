using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Audit.Chain;

/// <summary>
/// Heads of chains outside the database: a line of a file of the day each, and a line of the log. Whoever can change the database cannot reach them, so a chain that
/// was cut off or written anew is seen up to the last of them. Files are only ever added to; several processes may share a folder.
/// </summary>
internal sealed partial class AuditAnchors(AuditOptions options, TimeProvider time, ILogger<AuditAnchors> logger)
{
    private const string Heads = "audit-heads-";
    private const string End = ".jsonl";
    private const string Day = "yyyyMMdd";

    /// <summary>Behind which entries chains begin whose own beginning has had its time.</summary>
    private const string Beginnings = "audit-beginnings" + End;

    /// <summary>Writes heads; they are on disk when it returns.</summary>
    public async Task WriteAsync(IReadOnlyCollection<AuditHead> heads, CancellationToken ct)
    {
        foreach (var head in heads) Log.Anchored(logger, head.TenantId, head.Sequence, Convert.ToHexStringLower(head.Hash));
        await AppendAsync(Heads + time.GetUtcNow().UtcDateTime.ToString(Day, CultureInfo.InvariantCulture) + End, heads, ct);
    }

    /// <summary>Writes behind which entries chains are going to begin; it is on disk when it returns.</summary>
    public async Task WriteBeginningsAsync(IReadOnlyCollection<AuditHead> beginnings, CancellationToken ct)
    {
        foreach (var head in beginnings) Log.Begins(logger, head.TenantId, head.Sequence, Convert.ToHexStringLower(head.Hash));
        await AppendAsync(Beginnings, beginnings, ct);
    }

    /// <summary>Of each tenant, how far its heads reach and how many they are.</summary>
    public async Task<IReadOnlyDictionary<string, (long Furthest, int Heads)>> MeasureAsync(CancellationToken ct)
    {
        Dictionary<string, (long Furthest, int Heads)> known = new(StringComparer.Ordinal);
        foreach (var (_, path) in Days())
        {
            await foreach (var head in LinesAsync(path, 0, ct))
            {
                var (furthest, heads) = known.GetValueOrDefault(head.TenantId);
                known[head.TenantId] = (Math.Max(furthest, head.Sequence), heads + 1);
            }
        }

        return known;
    }

    /// <summary>All heads of some tenants, in the order of the files.</summary>
    /// <param name="reach">Whose, and up to which number: what was written meanwhile is left out.</param>
    /// <param name="ct">Ends the reading.</param>
    public async Task<IReadOnlyDictionary<string, List<AuditHead>>> OfAsync(IReadOnlyDictionary<string, long> reach, CancellationToken ct)
    {
        var read = reach.ToDictionary(t => t.Key, _ => new List<AuditHead>(), StringComparer.Ordinal);
        if (read.Count == 0) return read;
        foreach (var (_, path) in Days())
        {
            await foreach (var head in LinesAsync(path, 0, ct))
            {
                if (reach.TryGetValue(head.TenantId, out var furthest) && head.Sequence <= furthest) read[head.TenantId].Add(head);
            }
        }

        return read;
    }

    /// <summary>Behind which entries a tenant's chain may begin.</summary>
    public async Task<ILookup<string, AuditHead>> BeginningsAsync(CancellationToken ct)
    {
        List<AuditHead> read = [];
        if (options.Anchors is { } folder && Path.Combine(folder, Beginnings) is var path && File.Exists(path))
        {
            await foreach (var head in LinesAsync(path, 0, ct)) read.Add(head);
        }

        return read.ToLookup(h => h.TenantId, StringComparer.Ordinal);
    }

    /// <summary>The days of which there are heads, from the oldest, each with its file.</summary>
    public IEnumerable<(DateOnly Day, string Path)> Days()
    {
        if (options.Anchors is not { } folder || !Directory.Exists(folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(folder, Heads + "*" + End).Order(StringComparer.Ordinal))
        {
            if (DateOnly.TryParseExact(Path.GetFileNameWithoutExtension(path)[Heads.Length..], Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) yield return (day, path);
        }
    }

    /// <summary>Adds a file's heads to those known, where they are further.</summary>
    public static Task FurthestAsync(string path, Dictionary<string, AuditHead> furthest, CancellationToken ct) => FurthestAsync(path, 0, furthest, ct);

    /// <summary>The same, from a byte of the file on.</summary>
    public static async Task FurthestAsync(string path, long from, Dictionary<string, AuditHead> furthest, CancellationToken ct)
    {
        await foreach (var head in LinesAsync(path, from, ct))
        {
            if (!furthest.TryGetValue(head.TenantId, out var known) || head.Sequence > known.Sequence) furthest[head.TenantId] = head;
        }
    }

    private async Task AppendAsync(string name, IReadOnlyCollection<AuditHead> heads, CancellationToken ct)
    {
        if (options.Anchors is not { } folder || heads.Count == 0) return;
        Directory.CreateDirectory(folder);
        await using var file = new FileStream(
            Path.Combine(folder, name), new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite, BufferSize = 0, Options = FileOptions.Asynchronous });

        // A line a write: those of two processes do not mix. A torn last line of a process that died is closed by an empty one.
        await file.WriteAsync("\n"u8.ToArray(), ct);
        foreach (var head in heads)
        {
            var line = JsonSerializer.Serialize(new AnchorLine(time.GetUtcNow().UtcDateTime, head.TenantId, head.Sequence, Convert.ToHexStringLower(head.Hash)), JsonSerializerOptions.Web);
            await file.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), ct);
        }

        file.Flush(flushToDisk: true);
    }

    private static async IAsyncEnumerable<AuditHead> LinesAsync(string path, long from, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(from, SeekOrigin.Begin);
        using var lines = new StreamReader(file, Encoding.UTF8);
        while (await lines.ReadLineAsync(ct) is { } line)
        {
            if (Parse(line) is { } head) yield return head;
        }
    }

    /// <summary>Null for an empty line, and for one that a process which died left half written.</summary>
    private static AuditHead? Parse(string line)
    {
        try
        {
            return line.Length > 0 && JsonSerializer.Deserialize<AnchorLine>(line, JsonSerializerOptions.Web) is { Tenant: { } tenant, Hash.Length: 2 * AuditHash.Bytes } read
                ? new AuditHead(tenant, read.Sequence, Convert.FromHexString(read.Hash))
                : null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private sealed record AnchorLine(DateTime Time, string Tenant, long Sequence, string Hash);

    private static partial class Log
    {
        [LoggerMessage(2000, LogLevel.Information, "The audit log of tenant {Tenant} ends with entry {Sequence}, {Hash}")]
        public static partial void Anchored(ILogger logger, string tenant, long sequence, string hash);

        [LoggerMessage(2005, LogLevel.Information, "The audit log of tenant {Tenant} begins behind entry {Sequence}, {Hash}: those before have had their time")]
        public static partial void Begins(ILogger logger, string tenant, long sequence, string hash);
    }
}
