using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;
using DataSync.Platform.Audit.Reading;

namespace DataSync.Tests.Platform.Audit;

/// <summary>Whoever has an export and the documentation can verify the chain, without a line of ours.</summary>
public sealed class AuditExportTests
{
    private const string Script = "Platform/Audit/verify_export.py";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Script_in_the_documentation_is_the_one_that_is_tried_here()
        => Assert.Contains(
            $"```python\n{await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tests", "DataSync.Tests", Script), Ct)}```",
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "audit.md"), Ct), StringComparison.Ordinal);

    [Fact]
    public async Task Another_language_finds_an_export_whole_and_sees_what_was_changed_in_it()
    {
        var (lines, last) = Lines(50);
        Assert.Equal($"entries 1 to 50, 0 without their words, the last one is {Convert.ToHexStringLower(last)}", (await DebianPython.AskAsync(Script, "json", string.Join('\n', lines), Ct)).Trim());
        string[] shortened = [.. lines[5..10], Erased(lines[10]), .. lines[11..]];
        Assert.Equal($"entries 6 to 50, 1 without their words, the last one is {Convert.ToHexStringLower(last)}", (await DebianPython.AskAsync(Script, "json", string.Join('\n', shortened), Ct)).Trim());
        await RefusesAsync("has not the words that were written", line => line.Replace("\"actor\":\"al", "\"actor\":\"el", StringComparison.Ordinal));
        await RefusesAsync("is not what was written", line => Erased(line).Replace("succeeded", "refused", StringComparison.Ordinal));

        async Task RefusesAsync(string how, Func<string, string> change)
        {
            List<string> changed = [.. lines];
            changed[20] = change(lines[20]);
            Assert.NotEqual(lines[20], changed[20]);
            Assert.Contains("entry 21 " + how, (await Assert.ThrowsAnyAsync<Exception>(() => DebianPython.AskAsync(Script, "json", string.Join('\n', changed), Ct))).Message, StringComparison.Ordinal);
        }
    }

    private static string Erased(string line)
    {
        var entry = JsonNode.Parse(line)!.AsObject();
        foreach (var word in (string[])["actor", "client", "target", "details", "salt"]) entry[word] = null;
        return entry.ToJsonString();
    }

    private static (List<string> Lines, byte[] Last) Lines(int count)
    {
        List<string> lines = [];
        var (previous, buffer) = (AuditHash.None, new ArrayBufferWriter<byte>());
        for (var i = 1; i <= count; i++)
        {
            var entry = new ChainedAuditEntry
            {
                TenantId = "租户",
                Sequence = i,
                Time = DateTimeOffset.UnixEpoch.AddDays(20_000).AddTicks(i * 10),
                ActorKind = AuditActor.User,
                Actor = "alice \"\n😀",
                Client = i % 2 == 0 ? null : "",
                Action = "source.replace",
                TargetKind = "source",
                Target = "s",
                CorrelationId = "c",
                Details = "{\"part\":\"\\u00e4\"}",
                Salt = BitConverter.GetBytes(i),
                Previous = previous,
            };
            entry.Digest = AuditHash.OfWords(entry, buffer);
            previous = entry.Hash = AuditHash.Of(entry, i, previous, buffer);
            var line = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(line)) AuditExport.Write(json, entry);
            lines.Add(Encoding.UTF8.GetString(line.WrittenSpan));
        }

        return (lines, previous);
    }
}
