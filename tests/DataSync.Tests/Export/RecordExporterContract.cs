using System.Text;

namespace DataSync.Tests.Export;

/// <summary>What exporters keep besides that write records as they are.</summary>
public abstract class RecordExporterContract(string format) : ExporterContract(format)
{
    [Fact]
    public async Task Values_are_written_digit_by_digit()
    {
        await Rig.RunAsync(["""{"a":9223372036854775807,"b":-9223372036854775808,"c":1.10000000000000000000000000000000000001,"d":1E+400,"e":0.10}"""], ct: TestContext.Current.CancellationToken);
        var content = Rig.Read(Rig.DataName());
        Assert.All(new[] { "9223372036854775807", "-9223372036854775808", "1.10000000000000000000000000000000000001", "1E+400", "0.10" }, v => Assert.Contains(v, content, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Files_are_utf8_without_a_byte_order_mark()
    {
        await Rig.RunAsync(["""{"a":"é李😀"}"""], ct: TestContext.Current.CancellationToken);
        var bytes = await File.ReadAllBytesAsync(Path.Combine(Rig.Folder, Rig.DataName()), TestContext.Current.CancellationToken);
        Assert.NotEqual(0xEF, bytes[0]);
        Assert.Contains("é李😀", new UTF8Encoding(false, true).GetString(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_larger_than_every_buffer_are_whole()
    {
        var huge = new string('x', 3_000_000);
        await Rig.RunAsync(["""{"a":1}""", $$"""{"a":"{{huge}}"}""", """{"a":2}"""], batchSize: 1, ct: TestContext.Current.CancellationToken);
        Assert.Contains(huge, Rig.Read(Rig.DataName()), StringComparison.Ordinal);
    }
}
