using System.Text.Json;
using DataSync.Export.Coco.Regions;
using DataSync.Export.Records;
using DataSync.Export.Storage;

namespace DataSync.Export.Coco;

/// <summary>
/// Writes images as they come into the file and annotations beside it into a draft; the end copies the draft behind the images. So memory holds no more than a batch,
/// the categories and the counts.
/// </summary>
internal sealed class CocoSession : IExportSession
{
    private readonly ExportTarget _target;
    private readonly CocoOptions _options;
    private readonly CocoReport _report = new();
    private readonly CocoCategories _categories;
    private readonly StagedFile _file, _annotations;
    private readonly CocoJson _json;

    /// <summary>A file.</summary>
    /// <param name="target">Where it goes.</param>
    /// <param name="options">What the records have where.</param>
    /// <param name="categories">Its categories, which the other parts of the export have too.</param>
    public CocoSession(ExportTarget target, CocoOptions options, CocoCategories categories)
    {
        (_target, _options, _categories) = (target, options, categories);
        _file = target.Create("coco.json");
        _annotations = target.Draft(_file);
        _json = new CocoJson(options, _categories);
        _json.Head(_file, target.Run);
    }

    public async ValueTask WriteAsync(RecordView records, CancellationToken ct)
    {
        for (var i = 0; i < records.Count; i++)
        {
            // one image may have masks of megabytes, and take seconds
            ct.ThrowIfCancellationRequested();
            using (var document = Parse(records[i], out var isTorn)) await WriteImageAsync(document.RootElement, isTorn, records.Added, ct);
            await _file.FlushAsync(ct);
            await _annotations.FlushAsync(ct);
        }
    }

    public async Task CompleteAsync(CancellationToken ct)
    {
        _file.Write("],\n\"annotations\":["u8);
        await foreach (var part in _annotations.ReadBackAsync(0, ct))
        {
            _file.Write(part.Span);
            await _file.FlushAsync(ct);
        }

        _target.Drop(_annotations);
        _json.Tail(_file);
        await _target.PublishAsync(_file, _report.Images, ct);
        var report = _target.Create("coco-report.json");
        report.Write(_report.ToUtf8());
        await _target.PublishAsync(report, records: 0, ct);
    }

    private static JsonDocument Parse(ReadOnlySpan<byte> document, out bool isTorn)
    {
        var mended = TornText.Mended(document);
        isTorn = mended is not null;
        var reader = new Utf8JsonReader(mended is null ? document : mended, isFinalBlock: true, new JsonReaderState(JsonMembers.AnyDepth));
        return JsonDocument.ParseValue(ref reader);
    }

    private async ValueTask WriteImageAsync(JsonElement record, bool isTorn, IReadOnlyList<AddedMember> added, CancellationToken ct)
    {
        var annotations = GivenAnnotations.Read(record.At(_options.Annotations, added));
        var image = RecordImage.Read(record, _options, added, annotations.Items);
        var id = ++_report.Images;
        if (isTorn || annotations.IsTorn) _report.ImagesWithTornText++;
        if (!image.Size.IsKnown) _report.ImagesWithoutSize++;
        if (image.FileName.Length == 0) _report.ImagesWithoutName++;
        CocoJson.Image(_file, id, image);
        var objects = new ImageObjects(id, image.Size, _options, _report);
        objects.Read(annotations);
        if (objects.Shapes.Count == 0) _report.ImagesWithoutAnnotations++;
        await _categories.KnowAsync(objects.Shapes.SelectMany(s => s.Labels), ct);
        foreach (var shape in objects.Shapes)
        {
            if (shape.IsClipped) _report.Clipped++;
            foreach (var label in shape.Labels) _json.Annotation(_annotations, ++_report.Annotations, id, label, shape);
            objects.Multiply(shape.Labels.Count);
        }
    }
}
