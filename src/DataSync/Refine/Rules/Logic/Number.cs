using System.Numerics;

namespace DataSync.Refine.Rules.Logic;

/// <summary>
/// A number of an expression: exact (<see cref="decimal"/>, which holds every 64-bit integer and money) as long as the value fits,
/// else a double as in JavaScript. An operation stays exact where its true result fits and falls back to doubles where it does not.
/// </summary>
internal readonly struct Number
{
    /// <summary>Above this a decimal overflows; a little below the true bound because it is compared with a rounded double.</summary>
    private const double Largest = 7.9e28;

    private const int LargestScale = 28;

    private Number(bool isExact, decimal exact, double approximate) => (IsExact, Exact, Approximate) = (isExact, exact, approximate);

    public bool IsExact { get; }

    public decimal Exact { get; }

    public double Approximate { get; }

    public static Number NaN => Of(double.NaN);

    public bool IsNaN => !IsExact && double.IsNaN(Approximate);

    public bool IsFinite => IsExact || double.IsFinite(Approximate);

    public bool IsZero => IsExact ? Exact == 0 : Approximate == 0;

    public static Number Of(decimal value) => new(isExact: true, value, 0);

    public static Number Of(double value) => new(isExact: false, 0, value);

    public double ToDouble() => IsExact ? ToDouble(Exact) : Approximate;

    public static Number Add(in Number a, in Number b)
    {
        if (!a.IsExact || !b.IsExact) return Of(a.ToDouble() + b.ToDouble());
        if (Math.Abs((double)a.Exact + (double)b.Exact) < Largest)
        {
            var sum = a.Exact + b.Exact;
            if (sum.Scale == Math.Max(a.Exact.Scale, b.Exact.Scale)) return Of(sum);
        }

        return Of(a.ToDouble() + b.ToDouble());
    }

    public static Number Subtract(in Number a, in Number b)
        => b is { IsExact: true, Exact: 0 } ? Add(a, b) : Add(a, Negate(b));

    /// <summary>Zero becomes JavaScript's negative zero, which decimals do not tell apart.</summary>
    public static Number Negate(in Number a) => a.IsExact && a.Exact != 0 ? Of(-a.Exact) : Of(-a.ToDouble());

    public static Number Multiply(in Number a, in Number b)
    {
        if (a.IsExact && b.IsExact && a.Exact != 0 && b.Exact != 0 && FitsProduct(a.Exact, b.Exact)) return Of(a.Exact * b.Exact);
        if (!a.IsExact || !b.IsExact || a.Exact == 0 || b.Exact == 0 || Math.Abs((double)a.Exact * (double)b.Exact) >= Largest)
            return Positive(a.ToDouble() * b.ToDouble());
        var product = a.Exact * b.Exact;
        return product.Scale == a.Exact.Scale + b.Exact.Scale ? Of(product) : Of(a.ToDouble() * b.ToDouble());
    }

    public static Number Divide(in Number a, in Number b)
    {
        if (!a.IsExact || !b.IsExact || a.Exact == 0 || b.Exact == 0 || Math.Abs((double)a.Exact / (double)b.Exact) >= Largest)
            return Positive(a.ToDouble() / b.ToDouble());
        var quotient = Of(a.Exact / b.Exact);
        var back = Multiply(quotient, b);
        return back.IsExact && back.Exact == a.Exact ? quotient : Of(a.ToDouble() / b.ToDouble());
    }

    public static Number Remainder(in Number a, in Number b)
    {
        if (!a.IsExact || !b.IsExact || b.Exact == 0) return Of(a.ToDouble() % b.ToDouble());
        var rest = a.Exact % b.Exact;
        return rest == 0 && a.Exact < 0 ? Of(-0.0) : Of(rest);
    }

    /// <summary>Below, at or above 0 as in a comparison; null where one is not a number.</summary>
    public static int? Compare(in Number a, in Number b)
    {
        if (a.IsExact && b.IsExact) return a.Exact.CompareTo(b.Exact);
        var (x, y) = (a.ToDouble(), b.ToDouble());
        if (x < y) return -1;
        return x > y ? 1 : x == y ? 0 : null;
    }

    /// <summary>Whether the product surely has all its digits as a decimal, as most have: what tells it for certain costs several times as much.</summary>
    private static bool FitsProduct(decimal a, decimal b)
    {
        const int mantissaBits = 95;
        Span<int> left = stackalloc int[4];
        Span<int> right = stackalloc int[4];
        decimal.GetBits(a, left);
        decimal.GetBits(b, right);
        return left[2] == 0 && right[2] == 0 && a.Scale + b.Scale <= LargestScale && Bits(left) + Bits(right) <= mantissaBits;

        static int Bits(ReadOnlySpan<int> parts) => BitOperations.Log2(((ulong)(uint)parts[1] << 32) | (uint)parts[0]) + 1;
    }

    /// <summary>A double's positive zero is the exact zero.</summary>
    private static Number Positive(double value) => value == 0 && !double.IsNegative(value) ? Of(0m) : Of(value);

    /// <summary>The nearest double. The framework's own conversion may be one unit off where the digits do not fit 53 bits.</summary>
    private static double ToDouble(decimal value)
    {
        if (value.Scale <= 22 && Math.Abs(value) is var magnitude && magnitude <= 9_007_199_254_740_992m)
        {
            Span<int> bits = stackalloc int[4];
            decimal.GetBits(value, bits);
            if (bits[2] == 0 && (uint)bits[1] < 1u << 21) return (double)value;
        }

        Span<byte> text = stackalloc byte[64];
        value.TryFormat(text, out var written, provider: System.Globalization.CultureInfo.InvariantCulture);
        return double.Parse(text[..written], System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);
    }
}
