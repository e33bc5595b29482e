using System.Management.Automation;
using System.Xml.Linq;
using Microsoft.PowerShell;

namespace BackupCopy.HelpWriter;

/// <summary>
/// Writes what Get-Help reads: the words from the pages, the syntax from the cmdlets themselves, so that the
/// two cannot disagree.
/// </summary>
internal sealed class MamlWriter
{
    private static readonly XNamespace s_msh = "http://msh";
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private const string DefaultMark = "Default: ";

    private readonly HelpPage _shared;

    public MamlWriter(HelpPage shared) => _shared = shared;

    public XDocument Write(IEnumerable<(CmdletInfo Cmdlet, HelpPage Page)> commands) => new(
        new XElement(
            s_msh + "helpItems",
            new XAttribute("schema", "maml"),
            commands.Select(command => WriteCommand(command.Cmdlet, command.Page))));

    private XElement WriteCommand(CmdletInfo cmdlet, HelpPage page)
    {
        var parameters = cmdlet.ParameterSets
            .SelectMany(ParametersOf).DistinctBy(p => p.Name).OrderBy(p => p.Name).ToArray();
        Check(parameters, page);
        return new XElement(
            s_command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", s_maml.NamespaceName),
            new XAttribute(XNamespace.Xmlns + "command", s_command.NamespaceName),
            new XAttribute(XNamespace.Xmlns + "dev", s_dev.NamespaceName),
            new XElement(
                s_command + "details",
                new XElement(s_command + "name", cmdlet.Name),
                new XElement(s_command + "verb", cmdlet.Verb),
                new XElement(s_command + "noun", cmdlet.Noun),
                Paragraphs(s_maml + "description", page.Synopsis)),
            Paragraphs(s_maml + "description", page.Description),
            new XElement(
                s_command + "syntax", cmdlet.ParameterSets.Select(set => WriteSyntax(cmdlet, set, page))),
            new XElement(s_command + "parameters", parameters.Select(p => WriteParameter(p, page))),
            new XElement(
                s_command + "inputTypes",
                InputTypes(parameters).Select(t => Typed("inputType", t, []))),
            new XElement(
                s_command + "returnValues",
                cmdlet.OutputType.Select(t => Typed("returnValue", t.Name, page.Outputs))),
            WriteNotes(page),
            new XElement(s_command + "examples", page.Examples.Select(WriteExample)),
            new XElement(s_command + "relatedLinks", page.SeeAlso.Select(WriteLink)));
    }

    private static IEnumerable<CommandParameterInfo> ParametersOf(CommandParameterSetInfo set) =>
        set.Parameters.Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name));

    private void Check(CommandParameterInfo[] parameters, HelpPage page)
    {
        foreach (var parameter in parameters.Where(parameter => Words(parameter.Name, page).Count == 0))
        {
            throw new HelpException(page.File, $"the parameter -{parameter.Name} is not described.");
        }

        foreach (var entry in page.Parameters.ExceptBy(parameters.Select(p => "-" + p.Name), e => e.Title))
        {
            throw new HelpException(page.File, $"{page.Name} has no parameter {entry.Title}.");
        }

        if (page.Synopsis.Count == 0 || page.Description.Count == 0 || page.Outputs.Count == 0)
        {
            throw new HelpException(page.File, "the synopsis, the description or the outputs are missing.");
        }

        if (page.Examples.Count < 2 || page.Examples.Any(example => example.Code.Count == 0))
        {
            throw new HelpException(page.File, "two examples are needed, each with a fenced block.");
        }
    }

    private XElement WriteSyntax(CmdletInfo cmdlet, CommandParameterSetInfo set, HelpPage page) => new(
        s_command + "syntaxItem",
        new XElement(s_maml + "name", cmdlet.Name),
        ParametersOf(set)
            .OrderBy(parameter => parameter.Position < 0 ? int.MaxValue : parameter.Position)
            .ThenByDescending(parameter => parameter.IsMandatory)
            .Select(parameter => WriteParameter(parameter, page)));

    private XElement WriteParameter(CommandParameterInfo parameter, HelpPage page)
    {
        var words = Words(parameter.Name, page);
        var fallback = words.FirstOrDefault(word => word.StartsWith(DefaultMark, StringComparison.Ordinal));
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        var isSwitch = type == typeof(SwitchParameter);
        return new XElement(
            s_command + "parameter",
            new XAttribute("required", parameter.IsMandatory ? "true" : "false"),
            new XAttribute("variableLength", type.IsArray ? "true" : "false"),
            new XAttribute("globbing", TakesWildcards(parameter) ? "true" : "false"),
            new XAttribute("pipelineInput", PipelineInput(parameter)),
            new XAttribute("position", parameter.Position < 0 ? "named" : parameter.Position.ToString()),
            new XAttribute("aliases", AliasesOf(parameter)),
            new XElement(s_maml + "name", parameter.Name),
            Paragraphs(s_maml + "description", words.Where(word => word != fallback)),
            isSwitch ? null : Values(parameter, type),
            isSwitch
                ? null
                : new XElement(
                    s_command + "parameterValue",
                    new XAttribute("required", "true"),
                    new XAttribute("variableLength", type.IsArray ? "true" : "false"),
                    NameOf(type)),
            TypeNamed(NameOf(type)),
            new XElement(s_dev + "defaultValue", fallback?[DefaultMark.Length..].TrimEnd('.') ?? "None"));
    }

    private static XElement? Values(CommandParameterInfo parameter, Type type)
    {
        string[] values = type.IsEnum
            ? Enum.GetNames(type)
            : [.. parameter.Attributes.OfType<ValidateSetAttribute>().SelectMany(set => set.ValidValues)];
        return values.Length == 0
            ? null
            : new XElement(
                s_command + "parameterValueGroup",
                values.Select(value => new XElement(
                    s_command + "parameterValue",
                    new XAttribute("required", "false"),
                    new XAttribute("variableLength", "false"),
                    value)));
    }

    private List<string> Words(string parameter, HelpPage page) =>
        page.Parameters.Concat(_shared.Parameters)
            .FirstOrDefault(entry => entry.Title == "-" + parameter)?.Paragraphs ?? [];

    private static IEnumerable<string> InputTypes(CommandParameterInfo[] parameters) =>
        parameters.Where(p => p.ValueFromPipeline).Select(p => NameOf(p.ParameterType)).Distinct();

    private static XElement Typed(string element, string type, IEnumerable<string> words) => new(
        s_command + element,
        TypeNamed(type),
        Paragraphs(s_maml + "description", words));

    private static XElement TypeNamed(string type) =>
        new(s_dev + "type", new XElement(s_maml + "name", type), new XElement(s_maml + "uri"));

    private static XElement WriteExample(HelpPage.Entry example, int index) => new(
        s_command + "example",
        new XElement(s_maml + "title", $"Example {index + 1}: {example.Title}"),
        new XElement(s_dev + "code", string.Join('\n', example.Code)),
        // The empty paragraph keeps the next title apart.
        Paragraphs(s_dev + "remarks", example.Paragraphs.Append("")));

    private static XElement Paragraphs(XName name, IEnumerable<string> words) =>
        new(name, words.Select(word => new XElement(s_maml + "para", word.Replace("`", ""))));

    private static XElement WriteLink(string name) =>
        new(s_maml + "navigationLink", new XElement(s_maml + "linkText", name), new XElement(s_maml + "uri"));

    private static XElement? WriteNotes(HelpPage page) =>
        page.Notes.Count == 0 ? null : new(s_maml + "alertSet", Paragraphs(s_maml + "alert", page.Notes));

    private static string AliasesOf(CommandParameterInfo parameter) =>
        parameter.Aliases.Count > 0 ? string.Join(", ", parameter.Aliases) : "none";

    private static bool TakesWildcards(CommandParameterInfo parameter) =>
        parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any();

    private static string PipelineInput(CommandParameterInfo parameter) =>
        (parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName) switch
        {
            (true, true) => "True (ByValue, ByPropertyName)",
            (true, false) => "True (ByValue)",
            (false, true) => "True (ByPropertyName)",
            _ => "False",
        };

    private static string NameOf(Type type)
    {
        var actual = Nullable.GetUnderlyingType(type) ?? type;
        var name = ToStringCodeMethods.Type(PSObject.AsPSObject(actual));
        // PowerShell qualifies the types it cannot see, and the engine's live in a context of their own.
        return name.Contains(',') ? actual.Name : name[(name.LastIndexOf('.') + 1)..];
    }
}
