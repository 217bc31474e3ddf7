using System.Text;
using System.Text.Json;
using DataSync.Refine.Ai.Privacy;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.Tests.Refine.Ai;

public sealed class PersonalDataTests
{
    private static readonly string[] Personal =
    [
        "anna@example.com", "李雷@例子.公司", "o'neil+tag@mail.example.co.uk", "+49 30 1234567", "+1 (415) 555-0132", "13812345678", "415-555-0132", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432",
        "4111 1111 1111 1111", "5500005555555559", "11010519491231002X", "123-45-6789", "10.1.2.3", "2001:db8::8a2e:370:7334", "sk-proj-abcdefghijklmnop1234", "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz012345", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ];

    [Theory]
    [InlineData("Mail anna@example.com now", "Mail <EMAIL_1> now")]
    [InlineData("+49 30 1234567, again +49 30 1234567, and 13812345678.", "<PHONE_1>, again <PHONE_1>, and <PHONE_2>.")]
    [InlineData("IBAN DE89 3704 0044 0532 0130 00 AND MORE", "IBAN <IBAN_1> AND MORE")]
    [InlineData("IBAN DE88 ABCD EFGH IJKL MNOP", "IBAN DE88 ABCD EFGH IJKL MNOP")]
    [InlineData("Order 12345678 by card 4111 1111 1111 1111 2024", "Order 12345678 by card <CARD_1> 2024")]
    [InlineData("Order 4111111111111112", "Order 4111111111111112")]
    [InlineData("身份证11010519491231002X，电话13812345678", "身份证<ID_1>，电话<PHONE_1>")]
    [InlineData("11010519491231002 and 110105194912310021", "11010519491231002 and 110105194912310021")]
    [InlineData("SSN 123-45-6789, not 000-12-3456", "SSN <ID_1>, not 000-12-3456")]
    [InlineData("from 10.1.2.3 or 2001:db8::1, at 12:30:45, v1.2.3.400", "from <IP_1> or <IP_2>, at 12:30:45, v1.2.3.400")]
    [InlineData("B(x;n6 415-555-0132 w", "B(x;n6 <PHONE_1> w")]
    [InlineData("call (415) 555-0132 now", "call <PHONE_1> now")]
    [InlineData("password: hunter22!", "password: <SECRET_1>")]
    [InlineData("postgres://bob:s3cret@db/x", "postgres://<SECRET_1>@db/x")]
    [InlineData("key sk-proj-abcdefghijklmnop1234", "key <SECRET_1>")]
    [InlineData("Authorization: Bearer  0123456789abcdef", "Authorization: <SECRET_1>  <SECRET_2>")]
    [InlineData("sk_service_account_password=hunter22x", "<SECRET_1>=<SECRET_2>")]
    [InlineData("The text <EMAIL_1> itself, anna@example.com", "The text <TEXT_1> itself, <EMAIL_1>")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    public void Hide_replaces_what_names_a_person_and_nothing_else(string text, string hidden)
    {
        var placeholders = new Placeholders();
        Assert.Equal(hidden, placeholders.Hide(text));
        Assert.Equal(text, placeholders.Restore(hidden));
    }

    [Property(MaxTest = 300)]
    public Property Restore_brings_back_every_text_and_nothing_personal_is_left()
    {
        var word = Gen.OneOf(
            Gen.Elements(Personal), Gen.Elements("<EMAIL_1>", "<CARD_7>", "<", ">", " ", "a", "ü", "你", "0", "-", "x@", ".", "\n", "the order of"), ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get));
        return Prop.ForAll(word.ListOf(12).Select(words => words.ToList()).ToArbitrary(), words =>
        {
            var placeholders = new Placeholders();
            var whole = string.Join(' ', words);
            var hidden = placeholders.Hide(whole);
            Assert.Equal(whole, placeholders.Restore(hidden));
            Assert.Equal(hidden, placeholders.Hide(whole));
            Assert.Null(placeholders.Unknown(hidden));
            foreach (var personal in words.Where(Personal.Contains).Where(p => IsApart(whole, p))) Assert.DoesNotContain(personal, hidden, StringComparison.Ordinal);
        });
    }

    [Property(MaxTest = 200)]
    public void Restored_record_is_the_record(NonNull<string> text, long number, bool flag)
    {
        var mended = new string([.. text.Get.Select(c => char.IsSurrogate(c) ? '?' : c)]);
        var document = JsonSerializer.SerializeToUtf8Bytes(new { text = mended + " anna@example.com", number, list = (object?[])[null, flag, "13812345678"], card = 4111111111111111 });
        var record = ShieldedRecord.Of(document, null);
        Assert.DoesNotContain("anna@", record.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("4111111111111111", record.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', record.Text);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) record.Restore(JsonElement.Parse(record.Text), json);
        var back = JsonElement.Parse(buffer.ToArray());
        Assert.Equal(mended + " anna@example.com", back.GetProperty("text").GetString());
        Assert.Equal("4111111111111111", back.GetProperty("card").ToString());
        Assert.Equal("13812345678", back.GetProperty("list")[2].GetString());
    }

    [Fact]
    public void Only_the_fields_asked_for_are_sent()
    {
        var record = ShieldedRecord.Of("""{"a":"1","b":{"a":2,"c":3},"d":"secret"}"""u8, ["a", "b"]);
        Assert.Equal("""{"a":"1","b":{"a":2,"c":3}}""", record.Text);
        Assert.True(record.Contains("1"));
        Assert.False(record.Contains("secret"));
    }

    [Fact]
    public void Long_text_is_searched_in_time_linear_in_it()
    {
        var text = new StringBuilder().Insert(0, "1234 5678 9012 3456 7890 aaaa.bbbb ", 6000).ToString();
        var began = TimeProvider.System.GetTimestamp();
        new Placeholders().Hide(text);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
    }

    /// <summary>Whether nothing that may belong to it stands beside it.</summary>
    private static bool IsApart(string whole, string part)
    {
        for (var at = whole.IndexOf(part, StringComparison.Ordinal); at >= 0; at = whole.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            var (before, after) = (at == 0 ? "  " : whole[..at], whole[(at + part.Length)..] + "  ");
            if (!char.IsWhiteSpace(before[^1]) || !char.IsWhiteSpace(after[0]) || before.Reverse().SkipWhile(IsSpace).FirstOrDefault() is var last && (char.IsAsciiLetterOrDigit(last) || last is '-' or '+' or ':' or '=' or '.' or '/' or '(' or '<' or '@') || after.SkipWhile(IsSpace).FirstOrDefault() is var first && (char.IsAsciiLetterOrDigit(first) || first is '-' or '@' or '.' or '/')) return false;
        }

        return true;
    }

    /// <summary>What is not seen parts as little as a space does.</summary>
    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || char.IsControl(c);

    /// <summary>Work grows with the text, not with its square: this would take minutes else.</summary>
    [Fact]
    public void In_long_texts_that_are_almost_something_finds_what_is_something()
    {
        var almost = new string('a', 250_000) + ".sk-abcdefghijklmnop@b.co";
        var find = Assert.Single(PersonalData.In(almost));
        Assert.Equal("sk-abcdefghijklmnop", almost.Substring(find.Start, find.Length));
        var many = string.Concat(Enumerable.Repeat("a@b.co,", 36_000));
        Assert.Equal(36_000, PersonalData.In(many).Count);
    }

    [Theory]
    [InlineData("a@b.co 4111 1111 1111 1111 c@d.org", "EMAIL CARD EMAIL")]
    [InlineData("sk-abcdefghijklmnop a@b.co DE89370400440532013000 10.1.2.3", "SECRET EMAIL IBAN IP")]
    public void In_gives_finds_of_all_kinds_in_the_order_of_the_text(string text, string kinds)
    {
        var found = PersonalData.In(text);
        Assert.Equal(kinds.Split(' '), found.Select(f => f.Kind));
        Assert.All(found.Zip(found.Skip(1)), pair => Assert.True(pair.First.Start + pair.First.Length <= pair.Second.Start));
    }
}
