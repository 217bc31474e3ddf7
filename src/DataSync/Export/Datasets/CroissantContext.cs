namespace DataSync.Export.Datasets;

/// <summary>What the names in <c>croissant.json</c> mean, as JSON-LD wants it told.</summary>
internal static class CroissantContext
{
    /// <summary>The value of <c>@context</c>: the language of the texts, the vocabularies, and the names used that are not schema.org's.</summary>
    /// <param name="language">The language's tag.</param>
    public static string Json(string language) => $$"""
        {
            "@language": "{{language}}",
            "@vocab": "https://schema.org/",
            "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "dct": "http://purl.org/dc/terms/",
            "column": "cr:column",
            "conformsTo": "dct:conformsTo",
            "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
            "extract": "cr:extract",
            "field": "cr:field",
            "fileObject": "cr:fileObject",
            "recordSet": "cr:recordSet",
            "source": "cr:source"
          }
        """;
}
