using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Pipeline.Documents;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>Records that are sent together, and what became of each. Never more than a server takes in one request with ease.</summary>
internal sealed class TaskBatch(Guid job, IReadOnlySet<string>? fields)
{
    /// <summary>Tasks in a request at most.</summary>
    public const int MostTasks = 250;

    /// <summary>Bytes of a request, beyond which nothing more is added.</summary>
    public const int ManyBytes = 8 * 1024 * 1024;

    private static readonly JsonWriterOptions Exact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly List<OutgoingTask> _tasks = [];
    private int _bytes;

    public IReadOnlyList<OutgoingTask> Tasks => _tasks;

    public bool IsFull => _tasks.Count >= MostTasks || _bytes >= ManyBytes;

    /// <summary>Adds a record: its document as <c>data</c>, or of it the members that are to be shown.</summary>
    public void Add(long seq, ReadOnlySpan<byte> document)
    {
        var key = TaskKey.Of(job, seq);
        var shown = document.ToArray();

        // A server's database cannot hold them: each request that has one would be answered with an error of the server's own, and nobody could say of which record.
        HalfEscapes.Mend(shown, alsoNul: true);
        var task = Write(key, shown);
        _bytes += task.Length;
        _tasks.Add(new OutgoingTask(seq, key, task));
    }

    /// <summary>The body of a request that sends some of them.</summary>
    public static ReadOnlyMemory<byte> Body(IReadOnlyList<OutgoingTask> tasks)
    {
        var body = new ArrayBufferWriter<byte>(tasks.Sum(t => t.Json.Length + 1) + 2);
        body.Write("["u8);
        for (var i = 0; i < tasks.Count; i++)
        {
            if (i > 0) body.Write(","u8);
            body.Write(tasks[i].Json.Span);
        }

        body.Write("]"u8);
        return body.WrittenMemory;
    }

    private ReadOnlyMemory<byte> Write(string key, ReadOnlySpan<byte> document)
    {
        var buffer = new ArrayBufferWriter<byte>(document.Length + 128);
        using var json = new Utf8JsonWriter(buffer, Exact);
        json.WriteStartObject();
        json.WritePropertyName("data"u8);
        WriteData(json, document);
        json.WriteStartObject("meta"u8);
        json.WriteString(TaskKey.Member, key);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Members keep their own bytes, but for what no server can hold. What is no object becomes one, for a task's data must be.</summary>
    private void WriteData(Utf8JsonWriter json, ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = 1024 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            json.WriteStartObject();
            json.WritePropertyName("value"u8);
            json.WriteRawValue(document, skipInputValidation: true);
            json.WriteEndObject();
            return;
        }

        if (fields is null)
        {
            json.WriteRawValue(document, skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!fields.Contains(name)) continue;
            json.WritePropertyName(name);
            json.WriteRawValue(document[start..(int)reader.BytesConsumed], skipInputValidation: true);
        }

        json.WriteEndObject();
    }
}

/// <summary>A record on its way.</summary>
/// <param name="Seq">Its place in the job.</param>
/// <param name="Key">What it is found by.</param>
/// <param name="Json">The task as it is sent.</param>
internal sealed record OutgoingTask(long Seq, string Key, ReadOnlyMemory<byte> Json)
{
    /// <summary>The task's number, once it is known to be there.</summary>
    public long? TaskId { get; set; }

    /// <summary>The project does not take this record, which is known of it alone.</summary>
    public bool IsRefused { get; set; }
}
