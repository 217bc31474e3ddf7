using System.Globalization;

namespace DataSync.Tests.Refine.Rules;

/// <summary>
/// Expressions of one operator over operands that it is made for, and over some that it is not. Numbers are eighths, so doubles hold them, their sums and their products exactly; only a quotient
/// is rounded, once.
/// </summary>
internal sealed class OperatorCases
{
    private readonly Random _random;
    private readonly Dictionary<string, Func<string>> _operands;
    private bool _isData;

    public OperatorCases(int seed)
    {
        _random = new Random(seed);
        _operands = new Dictionary<string, Func<string>>(StringComparer.Ordinal)
        {
            ["var"] = () => Pick(() => Path(), () => $"{Path()},{Any()}", () => _random.Next(4).ToString(CultureInfo.InvariantCulture), () => ""),
            ["missing"] = () => Pick(() => Many(0, 4, Path), () => $"[{Many(0, 4, Path)}]", () => $$"""{"merge":[{{Path()}},[{{Path()}}]]}"""),
            ["missing_some"] = () => $"{Pick("0", "1", "2", "3")},[{Many(0, 5, Path)}]",
            ["log"] = Any,
            ["if"] = () => Many(0, 7, Any),
            ["?:"] = () => Many(0, 5, Any),
            ["and"] = () => Many(1, 5, Any),
            ["or"] = () => Many(1, 5, Any),
            ["!"] = Any,
            ["!!"] = Any,
            ["=="] = Two,
            ["!="] = Two,
            ["==="] = Two,
            ["!=="] = Two,
            [">"] = Two,
            [">="] = Two,
            ["<"] = () => Pick(Two, Between),
            ["<="] = () => Pick(Two, Between),
            ["+"] = () => Many(0, 5, Numeric),
            ["*"] = () => Many(1, 4, Numeric),
            ["-"] = () => Many(1, 3, Numeric),
            ["/"] = () => $"{Numeric()},{Numeric()}",
            ["%"] = () => $"{Numeric()},{Numeric()}",
            ["max"] = () => Many(0, 5, Numeric),
            ["min"] = () => Many(0, 5, Numeric),
            ["map"] = () => $"{List()},{Each()}",
            ["filter"] = () => $"{List()},{Test()}",
            ["all"] = () => $"{List()},{Test()}",
            ["some"] = () => $"{List()},{Test()}",
            ["none"] = () => $"{List()},{Test()}",
            ["reduce"] = () => $"{List()},{Step()}{Pick(() => "", () => "," + Numeric(), () => "," + Text(), () => ",[]")}",
            ["merge"] = () => Many(0, 4, () => Pick(List, Any)),
            ["in"] = () => Pick(() => $"{Text()},{Text()}", () => $"{Any()},{List()}", () => $"{Any()},{Any()}"),
            ["cat"] = () => Many(0, 5, () => Pick(Text, Any)),
            ["substr"] = () => $"{Pick(Text, Any)}{Pick(() => "", () => "," + Place(), () => $",{Place()},{Place()}", () => $",{Place()},{Place()}")}",
        };
    }

    /// <summary>The operators there are cases of.</summary>
    public IReadOnlyCollection<string> Names => _operands.Keys;

    /// <summary>An expression of an operator. One operand may stand without a list around it.</summary>
    public string Logic(string name)
    {
        var operands = _operands[name]();
        var single = _random.Next(8) == 0 && name != "missing_some" ? Any() : null;
        return $$"""{"{{name}}":{{single ?? $"[{operands}]"}}}""";
    }

    public string Data()
    {
        _isData = true;
        var rows = Many(0, 4, () => $$"""{"x":{{Numeric()}},"t":{{Text()}} }""");
        var data = $$"""
            {"a":{{Any()}},"n":{{Numeric()}},"t":{{Text()}},"list":[{{Many(0, 5, Numeric)}}],"texts":[{{Many(0, 4, Text)}}],"rows":[{{rows}}],"deep":{"er":{"x":{{Any()}} } },"empty":[],"null":null,"0":"zero","1":{{Numeric()}} }
            """;
        _isData = false;
        return data;
    }

    private string Two() => Pick(() => $"{Numeric()},{Numeric()}", () => $"{Text()},{Text()}", () => $"{Any()},{Any()}", () => Twice(Pick(Numeric, Text, Any)));

    private static string Twice(string one) => $"{one},{one}";

    private string Between() => $"{Numeric()},{Numeric()},{Numeric()}";

    private string Any() => Pick(Numeric, Text, List, () => Pick("null", "true", "false", "[]", "{}", "[[1,2],[\"a\"]]", """{"x":1,"y":[2]}"""), () => Read(Path()));

    private string Numeric() => Pick(Eighths, Eighths, () => $"\"{Eighths()}\"", () => Pick("0", "-0", "\" 12 \"", "\"3 apples\"", "\"\"", "\"1e3\"", "null", "true", "false"), () => Read("\"n\""));

    private string Eighths() => (_random.Next(-400, 400) / (_random.Next(2) == 0 ? 1m : 8m)).ToString("0.###", CultureInfo.InvariantCulture);

    private string Text() => Pick("\"\"", "\"a\"", "\"Springfield\"", "\"ring\"", "\"李小龙\"", "\"小\"", "\"a😀b\"", "\"😀\"", "\"\\u0301e\"", "\"10\"", "\"9\"", "\"a,b\"", "\"null\"", Read("\"t\""));

    private string List() => Pick(() => $"[{Many(0, 5, Numeric)}]", () => $"[{Many(0, 4, Text)}]", () => Read("\"list\""), () => Read("\"texts\""), () => Read("\"rows\""), () => Pick(Read("\"empty\""), Read("\"null\""), Read("\"no\""), "[[1],[2,3]]"));

    private string Each() => Pick(
        () => """{"var":""}""", () => """{"var":"x"}""", () => $$"""{"*":[{"var":"x"},{{Eighths()}}]}""", () => $$"""{"+":[{"var":""},{{Eighths()}}]}""", () => """{"cat":["<",{"var":"t"},">"]}""", () => """{"missing":["x","t"]}""", Any);

    private string Test() => Pick(
        () => $$"""{">":[{"var":""},{{Eighths()}}]}""", () => $$"""{"<=":[{"var":"x"},{{Eighths()}}]}""", () => $$"""{"in":[{"var":""},{{List()}}]}""", () => """{"!!":[{"var":""}]}""", () => """{"%":[{"var":""},2]}""", Any);

    private string Step() => Pick(
        () => """{"+":[{"var":"accumulator"},{"var":"current"}]}""", () => """{"max":[{"var":"accumulator"},{"var":"current.x"}]}""", () => """{"cat":[{"var":"current.t"},{"var":"accumulator"}]}""",
        () => """{"merge":[{"var":"accumulator"},{"var":"current"}]}""", () => """{"if":[{">":[{"var":"current"},{"var":"accumulator"}]},{"var":"current"},{"var":"accumulator"}]}""", () => """{"var":""}""", Any);

    private string Place() => Pick(() => _random.Next(-7, 8).ToString(CultureInfo.InvariantCulture), () => Pick("null", "\"2\"", "1.5", """{"var":"n"}"""));

    /// <summary>A member of the data; what is data itself holds values alone.</summary>
    private string Read(string path) => _isData ? Pick("null", "7", "\"x\"", "[1]") : $$"""{"var":{{path}}}""";

    private string Path() => Pick("\"a\"", "\"n\"", "\"t\"", "\"list\"", "\"list.1\"", "\"texts.0\"", "\"rows.0.x\"", "\"rows.1\"", "\"deep.er.x\"", "\"deep\"", "\"empty\"", "\"null\"", "\"no\"", "\"no.where\"", "\"\"", "0", "1", "\"t.length\"");

    private string Many(int from, int to, Func<string> one) => string.Join(',', Enumerable.Range(0, _random.Next(from, to)).Select(_ => one()));

    private string Pick(params string[] values) => values[_random.Next(values.Length)];

    private string Pick(params Func<string>[] values) => values[_random.Next(values.Length)]();
}
