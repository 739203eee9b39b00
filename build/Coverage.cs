using System.Globalization;
using System.Xml.Linq;

namespace KubeVirtClone.Build;

/// <summary>Which lines of one file of one project a suite ran through.</summary>
/// <param name="Project">The assembly's name.</param>
/// <param name="File">The source file.</param>
/// <param name="Lines">Its lines, and whether each was reached.</param>
internal sealed record Coverage(string Project, string File, IReadOnlyDictionary<int, bool> Lines)
{
    /// <summary>Reads every Cobertura file below a folder.</summary>
    public static IEnumerable<Coverage> ReadAll(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        return
            from file in Directory.GetFiles(folder, "*.cobertura.xml", SearchOption.AllDirectories)
            from package in XDocument.Load(file).Descendants("package")
            from type in package.Descendants("class")
            select new Coverage(
                package.Attribute("name")!.Value,
                type.Attribute("filename")!.Value,
                type.Descendants("line").GroupBy(l => int.Parse(l.Attribute("number")!.Value, CultureInfo.InvariantCulture))
                    .ToDictionary(l => l.Key, l => l.Any(h => h.Attribute("hits")?.Value is not (null or "0"))));
    }

    /// <summary>Prints, by project, how many lines the suites together ran through.</summary>
    public static void Print(IReadOnlyList<Coverage> all)
    {
        Console.WriteLine("Lines reached by the unit suites, by project (Pester's runs are not counted):");
        foreach (var project in all.Where(c => IsOurs(c.Project)).GroupBy(c => c.Project, StringComparer.Ordinal).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var lines = project.SelectMany(c => c.Lines.Select(l => (c.File, Line: l.Key, Reached: l.Value))).GroupBy(l => (l.File, l.Line)).ToList();
            var reached = lines.Count(l => l.Any(h => h.Reached));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {project.Key,-32} {100.0 * reached / Math.Max(lines.Count, 1),5:f1} %  {reached,6} of {lines.Count,6}"));
        }
    }

    private static bool IsOurs(string project) =>
        (project.StartsWith("KubeVirtClone.", StringComparison.OrdinalIgnoreCase) || project.StartsWith("kubectl-vmclone", StringComparison.OrdinalIgnoreCase))
        && !project.Contains(".Tests", StringComparison.OrdinalIgnoreCase);
}
