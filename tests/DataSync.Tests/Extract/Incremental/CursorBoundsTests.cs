using System.Buffers;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Incremental;
using DataSync.Pipeline;

namespace DataSync.Tests.Extract.Incremental;

public class CursorBoundsTests
{
    /// <summary>A collation that sorts versions, digits that are rounded away, a number too large to be compared: the database's floor holds, whatever the values look like.</summary>
    [Theory]
    [InlineData("\"1.9.0\"", "\"1.10.0\""), InlineData("1.00000000000000000000000000000000001", "1.00000000000000000000000000000000002"), InlineData("7", "123456789012345678901234567890"), InlineData("7", "8"), InlineData("8", "7")]
    public void Next_of_a_source_that_has_a_floor_is_the_floor(string floor, string last)
    {
        var bounds = Bounds(floor);
        var value = bounds.Scale.Parse(Encoding.UTF8.GetBytes(last));
        Assert.Equal(floor, bounds.Next(value, isPastFloor: true)!.Value.ToJson().GetRawText());

        // a reading that breaks off before it has come there goes on where it was
        Assert.Equal(last.Trim('"'), bounds.Next(value, isPastFloor: false)!.Value.ToJson().GetRawText().Trim('"'));
    }

    [Fact]
    public void Pass_remembers_what_the_source_ordered_behind_its_floor()
    {
        var hash = RecordHash.Current([new byte[32]]);
        var delivered = new DeliveredRecords(hash, Bounds("\"1.9.0\""), []);
        using var batch = Batch("1.8.0", "1.9.0", "1.10.0", "1.11.0");
        delivered.Pass(batch);
        var (recent, _) = delivered.Hashes();
        Assert.Equal(3, recent.Length / RecordHash.Bytes);

        // which the next sync, beginning at the floor, knows again
        var state = new CursorState { Fingerprint = "f", Field = "v", KeyId = hash.Id, Hashes = recent };
        var next = new DeliveredRecords(hash, Bounds("\"1.11.0\""), [(hash, state)]);
        using var again = Batch("1.9.0", "1.9.1", "1.10.0", "1.11.0");
        next.Pass(again);
        Assert.Equal([true, false, true, true], Enumerable.Range(0, 4).Select(again.IsAside));
    }

    /// <summary>Somebody changed the record of the greatest value between the look at it and the reading: nothing shows where the floor was.</summary>
    [Fact]
    public void Pass_remembers_what_may_lie_behind_a_floor_that_was_not_met()
    {
        var hash = RecordHash.Current([new byte[32]]);
        var delivered = new DeliveredRecords(hash, Bounds("\"1.9.0\""), []);
        using var batch = Batch("1.8.0", "1.10.0", "1.11.0", "1.12.0");
        delivered.Pass(batch);

        // a reading that breaks off here goes on with its last value, and needs no more than that
        Assert.Equal(1, delivered.Hashes().Recent.Length / RecordHash.Bytes);
        var state = new CursorState { Fingerprint = "f", Field = "v", KeyId = hash.Id, Hashes = delivered.Hashes(isWhole: true).Recent };
        var next = new DeliveredRecords(hash, Bounds("\"1.13.0\""), [(hash, state)]);
        using var again = Batch("1.9.1", "1.10.0", "1.11.0", "1.12.0", "1.13.0");
        next.Pass(again);
        Assert.Equal([false, true, true, true, false], Enumerable.Range(0, 5).Select(again.IsAside));
    }

    /// <summary>Nothing says where the next sync may begin while a transaction is open: the failure says that, not that values are alike.</summary>
    [Fact]
    public void Pass_of_more_than_can_be_told_apart_says_that_a_transaction_is_open()
    {
        var delivered = new DeliveredRecords(RecordHash.Current([new byte[32]]), Bounds(null) with { IsUndecided = true }, []);
        var failure = Assert.Throws<DataSync.Pipeline.Failures.SyncFailureException>(() =>
        {
            var value = 0;
            while (value <= DeliveredRecords.Most)
            {
                var buffer = new RecordBuffer();
                for (var i = 0; i < 10_000; i++)
                {
                    buffer.Write(Encoding.UTF8.GetBytes($"{{\"v\":{value++}}}"));
                    buffer.EndRecord();
                }

                using var batch = new RecordBatch(0, buffer);
                delivered.Pass(batch);
            }

            delivered.Hashes();
        });
        Assert.Equal("errors.extraction.cursor_undecided", failure.Failure.MessageKey);
    }

    /// <summary>What was too large in it may have taken the value along; set aside, it would be in no quarantine.</summary>
    [Fact]
    public void Pass_keeps_a_refused_record_without_a_value_where_such_records_are_skipped()
    {
        var delivered = new DeliveredRecords(RecordHash.Current([new byte[32]]), Bounds(null) with { Nulls = false }, []);
        using var batch = Nulls();
        delivered.Pass(batch);
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(batch.IsAside));

        using var again = Nulls();
        new WindowFilter(new DataSync.Pipeline.Incremental.CursorWindow { Field = "v" }, CursorScale.Of(isOrdered: true)).Apply(again);
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(again.IsAside));
    }

    /// <summary>Two records without a value, of which the second is refused.</summary>
    private static RecordBatch Nulls()
    {
        var buffer = new RecordBuffer();
        for (var i = 0; i < 2; i++)
        {
            buffer.Write("""{"v":null}"""u8);
            buffer.EndRecord();
        }

        var batch = new RecordBatch(0, buffer);
        batch.Reject(1, new Rejection("record", "CODE", "refused"));
        return batch;
    }

    private static CursorBounds Bounds(string? floor) => new()
    {
        Field = "v",
        IsOrdered = true,
        Scale = CursorScale.Of(isOrdered: true),
        Nulls = true,
        Floor = floor is null ? null : JsonElement.Parse(floor),
    };

    private static RecordBatch Batch(params string[] versions)
    {
        var buffer = new RecordBuffer();
        foreach (var version in versions)
        {
            buffer.Write(Encoding.UTF8.GetBytes($"{{\"v\":\"{version}\"}}"));
            buffer.EndRecord();
        }

        return new RecordBatch(0, buffer);
    }
}
