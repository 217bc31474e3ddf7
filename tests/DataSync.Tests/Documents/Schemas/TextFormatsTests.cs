using DataSync.Pipeline.Documents.Schemas.Formats;

namespace DataSync.Tests.Documents.Schemas;

public class TextFormatsTests
{
    [Theory]
    [InlineData("date", "2024-02-29 0000-02-29 9999-12-31", "2023-02-29 2024-2-29 2024-13-01 2024-01-32 20240229 ２024-02-28 2024-02-29T")]
    [InlineData("time", "08:30:06Z 08:30:06.283185Z 23:59:60Z 15:59:60-08:00 00:59:60+01:00 08:30:06+00:20", "08:30:06 8:30:06Z 24:00:00Z 08:60:00Z 08:30:61Z 22:59:60Z 08:30:06,1Z 08:30:06.Z 08:30:06+24:00 08:30:06+0100 08:30Z")]
    [InlineData("date-time", "1963-06-19T08:30:06.283185Z 1963-06-19t08:30:06z 1990-12-31T15:59:60.123-08:00 2024-02-29T00:00:00+02:00", "2024-02-29_00:00:00Z 2024-02-29T00:00:00 2023-02-29T00:00:00Z 1990-12-31T15:59:59-24:00 1998-12-31T23:59:61Z 2024-02-29 1963-6-19T08:30:06Z 2013-350T01:01:01Z yesterday")]
    [InlineData("email", "a@b.example a+b.c@b te~st@example.com \"a@b\"@example.com joe@[127.0.0.1] joe@[IPv6:::1]", "nobody @b .a@b a.@b a..b@c a@ joe@[127.0.0.300] a@b@c a@-b a@b=c \"a\"b\"@c")]
    [InlineData("hostname", "a.example A 1host a-b.c ab--cd.example xn--ihqwcrb4cv8a8dqg056pqjye.com", "-a a- a_b a..b .a a. a.example: xn--X xn--a xn--07jt112bpxg.xn--9t4b11yi5a xn--al-0ea xn--S-jib3p xn--A-2hc5h xn--vek xn--ngb6iyr ähost 012345678901234567890123456789012345678901234567890123456789abcd")]
    [InlineData("ipv4", "10.0.0.1 0.0.0.0 255.255.255.255", "10.0.0.256 010.0.0.1 1.2.3 1.2.3.4.5 1.2.3. 0x7f.0.0.1 2130706433 1.2.3.४")]
    [InlineData("ipv6", "::1 :: 1:2:3:4:5:6:7:8 1::8 2001:db8::ff00:42:8329 ::ffff:192.168.0.1 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:7::", "::g 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1::2::3 12345:: ::1%eth0 [::1] ::1/64 ::ffff:1.2.3 1:2:3:4::5:6:7:8 : ::: 127.0.0.1 1.2.3.4::")]
    [InlineData("uri", "http://a.example/ urn:isbn:123 http://foo.bar/?q=Test%20URL#nose mailto:a@b http://[2001:db8::7]:80/ http://-.~_!$&'()*+,;=:%40@a/ tel:+1-816 a:", "nowhere //a.b/c /abc \\\\WINDOWS\\share http://[::1 http://a.b/%zz http://a.b/a|b http://a:port/ :a 1a:b http://a/<b> http://a/ü bar,baz:foo a:b#c#d http://[v1.] http://a.b/c[d]")]
    [InlineData("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11 00000000-0000-0000-0000-000000000000", "a0eebc99 {a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11} a0eebc999c0b4ef8bb6d6bb9bd380a11 a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g a0eebc9-99c0b-4ef8-bb6d-6bb9bd380a11")]
    public void Format_takes_what_its_document_says_and_nothing_else(string name, string good, string bad)
    {
        var format = TextFormats.Of(name);
        Assert.NotNull(format);
        foreach (var text in good.Split(' ')) Assert.True(format(text), text);
        foreach (var text in bad.Split(' ')) Assert.False(format(text), text);
        Assert.False(format(""));
    }
}
