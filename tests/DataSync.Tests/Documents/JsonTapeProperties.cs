using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Documents;
using DataSync.Tests.Properties;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Documents;

/// <summary>The framework's reader says what JSON is; the tape must say the same of every text, and find the same pieces in it.</summary>
public class JsonTapeProperties
{
    private static readonly Gen<byte> Spoiler = Gen.OneOf(
        Gen.Elements((byte[])[.. "{}[]\",:\\-+.eE019tfnu /\n\r\t"u8, 0, 0x1F, 0x7F, 0x80, 0xEF]), Gen.Choose(0, 255).Select(n => (byte)n));

    [FsCheck.Xunit.Property(MaxTest = 300)]
    public Property Tape_finds_what_the_framework_finds() => Prop.ForAll(ExportGenerators.AnyDocument.ToArbitrary(), text => Check(Encoding.UTF8.GetBytes(text)));

    [FsCheck.Xunit.Property(MaxTest = 3000)]
    public Property Tape_refuses_what_the_framework_refuses()
        => Prop.ForAll(
            (from text in ExportGenerators.AnyDocument.Where(t => t.Length < 2000)
             from place in Gen.Choose(0, int.MaxValue - 1)
             from how in Gen.Choose(0, 3)
             from spoiler in Spoiler
             select Spoil(Encoding.UTF8.GetBytes(text), place, how, spoiler)).ToArbitrary(),
            Check);

    [FsCheck.Xunit.Property(MaxTest = 200)]
    public Property Without_arrays_each_is_one_piece()
        => Prop.ForAll(
            ExportGenerators.AnyDocument.ToArbitrary(),
            text =>
            {
                var json = Encoding.UTF8.GetBytes(text);
                var tape = new JsonTape(withArrays: false);
                tape.Read(json);
                var pieces = Enumerable.Range(0, tape[0].Next).Select(i => tape[i]).ToList();
                var arrays = Expected(json)!.Where(p => json[p.Start] == '[').ToList();
                Assert.Equal(Expected(json)!.Where(p => !arrays.Exists(a => a.Start < p.Start && p.Start < a.Start + a.Length)), pieces.Select(p => (p.Start, p.Length)));
                Assert.All(pieces, p => Assert.Equal(json[p.Start] == '[', p.IsOnePiece));
            });

    [Fact]
    public void Top_alone_tells_members_and_nothing_inside_them()
    {
        var json = """{"a":{"b":{"c":[1]},"d":2},"e":[{"f":1}],"g":"}"}"""u8.ToArray();
        var tape = new JsonTape(withArrays: false, topOnly: true);
        tape.Read(json);
        Assert.Equal(
            ["\"a\"", """{"b":{"c":[1]},"d":2}""", "\"e\"", """[{"f":1}]""", "\"g\"", "\"}\""],
            Enumerable.Range(1, tape[0].Next - 1).Select(i => Encoding.UTF8.GetString(json, tape[i].Start, tape[i].Length)));
    }

    [Fact]
    public void Large_document_is_told_in_pieces_that_take_little_memory()
    {
        var json = Encoding.UTF8.GetBytes($"{{\"a\":[{string.Join(',', Enumerable.Repeat("[1]", JsonTape.MostTokens))}],\"b\":{{\"c\":[1,2]}},\"d\":7}}");
        var tape = new JsonTape(withArrays: true);
        tape.Read(json);
        Assert.InRange(tape[0].Next, JsonTape.MostTokens, JsonTape.MostTokens * 2);
        var b = tape[2].Next;
        Assert.Equal(("\"b\"", "{\"c\":[1,2]}", true, b + 2), (Text(tape[b]), Text(tape[b + 1]), tape[b + 1].IsOnePiece, tape[b + 1].Next));
        Assert.Equal(("\"d\"", "7", b + 4), (Text(tape[b + 2]), Text(tape[b + 3]), tape[0].Next));

        string Text(JsonToken token) => Encoding.UTF8.GetString(json.AsSpan(token.Start, token.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{\"a\":1}x")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\"}")]
    [InlineData("{1:2}")]
    [InlineData("[1 2]")]
    [InlineData("[1}")]
    [InlineData("{\"a\":01}")]
    [InlineData("-")]
    [InlineData("1.")]
    [InlineData("1e+")]
    [InlineData(".5")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\u12g4\"")]
    [InlineData("\"a\tb\"")]
    [InlineData("nul")]
    [InlineData("truefalse")]
    [InlineData("[/**/1]")]
    [InlineData("\uFEFF{}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[")]
    public void Broken_text_is_refused(string text) => Assert.Null(Read(Encoding.UTF8.GetBytes(text)));

    private static byte[] Spoil(byte[] text, int place, int how, byte spoiler)
    {
        var at = place % (text.Length + 1);
        return how switch
        {
            0 => text[..at],
            1 => [.. text[..at], spoiler, .. text[at..]],
            2 when at < text.Length => [.. text[..at], .. text[(at + 1)..]],
            _ when at < text.Length => [.. text[..at], spoiler, .. text[(at + 1)..]],
            _ => text,
        };
    }

    private static void Check(byte[] text) => Assert.Equal(Expected(text), Read(text));

    /// <summary>The tape's pieces, of a text that stands in the middle of others; null where it is refused.</summary>
    private static List<(int Start, int Length)>? Read(byte[] text)
    {
        byte[] around = [.. "\"[1,"u8, .. text, .. "]\"}"u8];
        var tape = new JsonTape(withArrays: true);
        tape.Read("[{\"a\":[[[1,2],3],4]},5,6,7,8]"u8); // what an earlier record left must not show
        try
        {
            tape.Read(around.AsSpan(0, 4 + text.Length), 4);
        }
        catch (JsonException)
        {
            return null;
        }

        return [.. Enumerable.Range(0, tape[0].Next).Select(i => (tape[i].Start - 4, tape[i].Length))];
    }

    private static List<(int Start, int Length)>? Expected(byte[] text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var (pieces, open) = (new List<(int Start, int Length)>(), new Stack<int>());
        try
        {
            while (reader.Read())
            {
                var start = (int)reader.TokenStartIndex;
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartArray or JsonTokenType.StartObject:
                        open.Push(pieces.Count);
                        pieces.Add((start, 0));
                        break;
                    case JsonTokenType.EndArray or JsonTokenType.EndObject:
                        var opened = open.Pop();
                        pieces[opened] = (pieces[opened].Start, (int)reader.BytesConsumed - pieces[opened].Start);
                        break;
                    case JsonTokenType.PropertyName:
                        pieces.Add((start, reader.ValueSpan.Length + 2));
                        break;
                    default:
                        pieces.Add((start, (int)reader.BytesConsumed - start));
                        break;
                }
            }

            return pieces;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
