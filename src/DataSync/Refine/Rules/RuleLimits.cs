namespace DataSync.Refine.Rules;

/// <summary>What a rule set may cost. Tenants write rules, so each of these bounds is a wall and none is a setting.</summary>
internal static class RuleLimits
{
    /// <summary>Rules in a set.</summary>
    public const int Rules = 500;

    /// <summary>Operators and literals of all rules of a set.</summary>
    public const int Nodes = 10_000;

    /// <summary>Nesting of one expression, and of a value that an expression builds.</summary>
    public const int Depth = 64;

    /// <summary>Actions of one rule, and fields of one action.</summary>
    public const int Actions = 100;

    /// <summary>Characters of a rule's id, a code and a tag.</summary>
    public const int NameLength = 100;

    /// <summary>Characters of a field path, and its dotted parts.</summary>
    public const int FieldLength = 500;
    public const int FieldParts = 16;

    /// <summary>Characters of a rejection's message.</summary>
    public const int MessageLength = 1000;

    /// <summary>Characters of a literal in an expression.</summary>
    public const int LiteralLength = 65_536;

    /// <summary>Values of a check's set, fields of a check, and characters of its pattern.</summary>
    public const int SetValues = 1000;
    public const int CheckFields = 16;
    public const int PatternLength = 1000;

    /// <summary>States that a pattern may unroll to, such as by {n} within {n}.</summary>
    public const int PatternStates = 10_000;

    /// <summary>Steps of one rule on one record: a node evaluated, an element visited, or 256 bytes searched or built.</summary>
    public const int Steps = 1_000_000;

    /// <summary>Characters of a text an expression builds.</summary>
    public const int TextLength = 4 * 1024 * 1024;

    /// <summary>Bytes that the rules may write for one record.</summary>
    public const int WrittenBytes = 64 * 1024 * 1024;
}
