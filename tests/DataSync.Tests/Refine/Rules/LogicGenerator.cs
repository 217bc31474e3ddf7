using System.Globalization;

namespace DataSync.Tests.Refine.Rules;

/// <summary>
/// Random expressions over random data. Numbers are small and dyadic, so that doubles hold every result exactly and the only
/// difference allowed by design, our exactness, cannot show.
/// </summary>
internal sealed class LogicGenerator(int seed)
{
    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "1", "2", "-1", "-0", "3", "10", "42", "0.5", "-2.25", "7.75", "1e2", "\"\"", "\"0\"", "\"1\"", "\"2.5\"", "\" 7 \"", "\"abc\"",
        "\"12abc\"", "\"0x10\"", "\"1e2\"", "\"-\"", "\".5\"", "\"5.\"", "\"Infinity\"", "\"true\"", "\"null\"", "\"a,b\"", "\"1,2\"", "\"李小龙\"", "\"😀x\"",
        "\"\\u0000\"", "\"\\ud800\"", "\"q\\\"\\\\n\\n\"", "\"\\u0061bc\"", "\"[object Object]\"", "\"length\"", "\"\\t\\u00a05\"", "\"a\"", "\"b.c\"",
    ];

    private static readonly string[] Names =
        ["a", "b", "b.c", "list", "list.0", "list.1.x", "list.length", "text", "text.length", "text.1", "nested.deep.value", "missing", "", "items", "items.2", "zero", "no", "null", "null.x", "current", "accumulator", "x", "1"];

    private static readonly string[] Eager = ["==", "===", "!=", "!==", ">", ">=", "<", "<=", "!", "!!", "+", "-", "*", "min", "max", "%", "in", "cat", "substr", "merge", "missing", "log"];
    private readonly Random _random = new(seed);

    public string Data()
        => $$$"""{"a":{{{Scalar()}}},"b":{"c":{{{Scalar()}}},"d":[{{{Scalar()}}}]},"list":[{"x":{{{Scalar()}}}},{"x":{{{Scalar()}}},"a":{{{Scalar()}}}}],"text":"ab\u0063d😀","nested":{"deep":{"value":{{{Scalar()}}}}},"items":[{{{Scalar()}}},{{{Scalar()}}},{{{Scalar()}}},[{{{Scalar()}}},null]],"zero":0,"no":[],"null":null}""";

    public string Logic(int depth)
    {
        if (depth <= 0) return Leaf();
        return _random.Next(14) switch
        {
            0 or 1 or 2 => Leaf(),
            3 => $"[{Many(0, 4, depth)}]",
            4 => Op(Pick(["if", "?:"]), Many(0, 6, depth)),
            5 => Op(Pick(["and", "or"]), Many(0, 4, depth)),
            6 => Op(Pick(["map", "filter", "all", "some", "none"]), $"{Logic(depth - 1)},{Logic(depth - 1)}"),
            7 => Op("reduce", $"{Logic(depth - 1)},{Step(depth)},{Logic(depth - 1)}"),
            8 => Op("var", $"{Logic(depth - 1)},{Logic(depth - 1)}"),
            9 => Op("/", $"{Logic(depth - 1)},{Pick(["1", "2", "-4", "0.5", "0", "\"8\""])}"),
            10 => Op("missing_some", $"{Pick(["0", "1", "2", "\"1\"", "null"])},{Logic(depth - 1)}"),
            _ => Op(Pick(Eager), Many(0, 4, depth)),
        };
    }

    private string Step(int depth)
        => _random.Next(2) == 0 ? Logic(depth - 1) : Op(Pick(["+", "max", "cat", "merge"]), $$"""{"var":"accumulator"},{"var":"current{{Pick(["", ".x", ".a"])}}"}""");

    private string Leaf() => _random.Next(3) switch
    {
        0 => Scalar(),
        1 => $$"""{"var":"{{Pick(Names)}}"}""",
        _ => _random.Next(6) switch { 0 => "{}", 1 => """{"two":1,"members":{"var":"a"}}""", 2 => """{"var":["missing",7]}""", 3 => """{"var":1}""", 4 => """{"var":[]}""", _ => """{"var":"items"}""" },
    };

    private static string Op(string name, string operands)
        => string.Create(CultureInfo.InvariantCulture, $"{{\"{name}\":{(name == "*" && operands.Length == 0 ? "[1]" : $"[{operands}]")}}}");

    private string Many(int from, int to, int depth) => string.Join(',', Enumerable.Range(0, _random.Next(from, to)).Select(_ => Logic(depth - 1)));

    private string Scalar() => Pick(Scalars);

    private string Pick(string[] values) => values[_random.Next(values.Length)];
}
