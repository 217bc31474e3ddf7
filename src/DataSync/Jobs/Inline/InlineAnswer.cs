using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using DataSync.Jobs.Status;
using DataSync.Pipeline;
using DataSync.Platform.Localization;

namespace DataSync.Jobs.Inline;

/// <summary>
/// The answer to a realtime run, written as it comes: <c>data</c> (inline alone), <c>rejections</c>, then the job's members. They come last because the
/// job ends after the last record is sent: an answer that breaks off says nothing false.
/// </summary>
internal sealed class InlineAnswer(PipeWriter output, InlineAnswers answers, string language)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };
    private const int Closed = -1;
    private bool _hasRejections;
    private bool _hasBegun;
    private int _state;

    public PipeWriter Output { get; } = output;

    /// <summary>
    /// Shuts the answer to a run that did not come back, so that it can write nothing into what the connection carries next. False where it has begun to
    /// write: from then on it waits for the reader alone, and comes back when it is told to.
    /// </summary>
    public bool TryClose() => Interlocked.CompareExchange(ref _state, Closed, 0) <= 0;

    /// <summary>Begins the answer of an inline run: the records come next.</summary>
    public async Task BeginDataAsync(CancellationToken ct)
    {
        Open();
        Output.Write("{\"data\":"u8);
        _hasBegun = true;
        await Output.FlushAsync(ct); // from here on the answer is on its way, and a failure can only break it off
    }

    /// <summary>Writes the refused records, each with its original as it came; nothing where there are none.</summary>
    public async Task WriteRejectionsAsync(StageContext context, CancellationToken ct)
    {
        if (context.Run.Progress.Rejected == 0) return;
        Open();
        Output.Write(_hasBegun ? ",\"rejections\":["u8 : "{\"rejections\":["u8);
        (_hasBegun, _hasRejections) = (true, true);
        var written = 0;
        await foreach (var batch in context.Records(ct))
        {
            using (batch) written = Write(batch, written);
            if ((await Output.FlushAsync(ct)).IsCompleted) throw new OperationCanceledException("Nobody reads the answer any more.");
        }

        Output.Write("]"u8);
    }

    /// <summary>Closes the answer with the job as it ended.</summary>
    public async Task EndAsync(SyncJob job, CancellationToken ct)
    {
        Output.Write(_hasBegun ? ","u8 : "{"u8);
        if (!_hasRejections) Output.Write("\"rejections\":[],"u8);
        Output.Write(answers.Members(job, language));
        await Output.FlushAsync(ct);
    }

    private void Open()
    {
        if (Interlocked.CompareExchange(ref _state, 1, 0) == Closed) throw new OperationCanceledException("The caller was answered already.");
    }

    private int Write(RecordBatch batch, int written)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (!batch.TryGetRejection(i, out var why)) continue;
            if (written++ > 0) Output.Write(","u8);
            using var json = new Utf8JsonWriter(Output, Options);
            json.WriteStartObject();
            json.WriteNumber("seq"u8, batch.SeqOf(i));
            json.WriteString("rule_id"u8, why.RuleId);
            json.WriteString("code"u8, why.Code);
            json.WriteString("message"u8, answers.Worded(why, language));
            json.WriteString("field"u8, why.Field);
            json.WritePropertyName("original"u8);
            json.WriteRawValue(batch.Raw[i], skipInputValidation: true);
            json.WriteEndObject();
        }

        return written;
    }
}

/// <summary>Words answers.</summary>
internal sealed class InlineAnswers(JobViews views, Messages messages, Microsoft.Extensions.Options.IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json)
{
    /// <summary>An answer that goes into a pipe.</summary>
    public InlineAnswer To(PipeWriter output, string language) => new(output, this, language);

    /// <summary>The job's members with the brace that closes them.</summary>
    internal ReadOnlySpan<byte> Members(SyncJob job, string language)
        => JsonSerializer.SerializeToUtf8Bytes(views.Of(job, language), json.Value.SerializerOptions).AsSpan(1);

    /// <summary>Why a record was refused, in the caller's language.</summary>
    internal string Worded(Rejection why, string language) => messages.Worded(why.Message, why.Field, language);
}
