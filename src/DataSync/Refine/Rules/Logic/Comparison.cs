using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Logic;

/// <summary>JavaScript's equality and order.</summary>
internal static class Comparison
{
    /// <summary><c>===</c></summary>
    public static bool StrictEquals(in Value a, in Value b)
    {
        if (a.IsNumber) return b.IsNumber && Number.Compare(Coercion.Read(a), Coercion.Read(b)) == 0;
        if (a.IsText) return b.IsText && TextEquals(a, b);
        return a.Form < ValueForm.Exact ? a.Form == b.Form : a.IsSameObject(b);
    }

    /// <summary><c>==</c></summary>
    public static bool LooseEquals(Evaluation evaluation, in Value a, in Value b)
    {
        if (a.IsNothing || b.IsNothing) return a.IsNothing && b.IsNothing;
        if (a.Form is ValueForm.True or ValueForm.False && b.Form is ValueForm.True or ValueForm.False) return a.Form == b.Form;
        var (isObjectA, isObjectB) = (a.IsArray || a.IsObject, b.IsArray || b.IsObject);
        if (isObjectA && isObjectB) return a.IsSameObject(b);
        if (isObjectA) return LooseEquals(evaluation, Value.Of(Coercion.ToText(evaluation, a)), b);
        if (isObjectB) return LooseEquals(evaluation, a, Value.Of(Coercion.ToText(evaluation, b)));
        if (a.IsText && b.IsText) return TextEquals(a, b);
        return Number.Compare(Coercion.ToNumber(evaluation, a), Coercion.ToNumber(evaluation, b)) == 0;
    }

    /// <summary>Below, at or above 0; null where the two cannot be compared and every comparison is false.</summary>
    public static int? Order(Evaluation evaluation, in Value a, in Value b)
    {
        if (a.IsNumber && b.IsNumber) return Number.Compare(Coercion.Read(a), Coercion.Read(b));
        var (left, right) = (Primitive(evaluation, a), Primitive(evaluation, b));
        return left.IsText && right.IsText
            ? CompareTexts(left, right)
            : Number.Compare(Coercion.ToNumber(evaluation, left), Coercion.ToNumber(evaluation, right));
    }

    private static Value Primitive(Evaluation evaluation, in Value value)
        => value.IsArray || value.IsObject ? Value.Of(Coercion.ToText(evaluation, value)) : value;

    private static bool TextEquals(in Value a, in Value b)
    {
        if (a.Form == ValueForm.Text)
            return b.Form == ValueForm.Text ? string.Equals(a.Text, b.Text, StringComparison.Ordinal) : JsonText.Equals(JsonText.Inside(b.Raw), a.Text);
        if (b.Form == ValueForm.Text) return JsonText.Equals(JsonText.Inside(a.Raw), b.Text);
        return a.Raw.SequenceEqual(b.Raw) || CompareTexts(a, b) == 0;
    }

    private static int CompareTexts(in Value a, in Value b)
    {
        if (a.Form == ValueForm.Text)
            return b.Form == ValueForm.Text ? string.CompareOrdinal(a.Text, b.Text) : -JsonText.Compare(new JsonText(JsonText.Inside(b.Raw)), a.Text);
        var left = new JsonText(JsonText.Inside(a.Raw));
        return b.Form == ValueForm.Text ? JsonText.Compare(left, b.Text) : JsonText.Compare(left, new JsonText(JsonText.Inside(b.Raw)));
    }
}
