"""What the people of the demo write to each other."""

EXPLANATIONS = {
    "fallback": "Vi har gått igenom raderna mot lönesystemet. Uppgifterna stämmer.",
    "RIM": "Kontrollerat mot anställningsavtalen. Lönen är riktig; befattningen är ovanlig hos oss.",
    "LOG": "Raderna är kontrollerade mot lönesystemet. Anställningarna har avtal som avviker från de vanliga.",
    "DUB": "Personerna har två anställningar hos oss. Båda är riktiga.",
    "KOD": "Koden finns i vårt lönesystem och används för den här befattningen.",
    "AGG": "Skillnaden beror på en omorganisation under året.",
    "JMF": "Skillnaden mot förra året beror på en omorganisation.",
}

ANDAMAL = "Enheten undrar om två anställda har förväxlats"

DELAD_TJANST = """Hej!

Vi har läkare som delar sin tjänst mellan två förvaltningar. Ska de stå på en rad eller två?

Rut Rosén"""

TIMAVLONADE = """Hej Maria!

I filen finns inga timavlönade i hemtjänsten. Kan ni se över urvalet i lönesystemet?

Hanna Holm, SKR"""

FALTEN = """Hej!

Finns det någonstans att läsa vad varje fält i årets fil ska innehålla?

Bo"""

FALTEN_SVAR = """Hej Bo!

Ja, i handboken står postbeskrivningen fält för fält, och varje kontroll har en egen sida som säger hur man rättar.

Hanna Holm, SKR"""

ARETS_FIL = """Hej!

Ni var bland de första som lämnade förra året. Hör gärna av er här om något är oklart med årets fil.

Hanna Holm, SKR"""

OPPNA_IGEN = "Timlönerna i vår nya grundskola kom inte med i filen. Vi har en ny fil klar."

SEN = "Det nya lönesystemet kunde inte ta ut filen förrän i december."

PUNKT = "Förklaringen säger inte vilken befattning det gäller. Skriv det, eller rätta raderna."

ANTECKNING = "Ringde Nils om de ovanliga lönerna. Han återkommer om tidsbegränsade tillägg."

ANTECKNING_ENHET = "Karin Kvist svarar i sakfrågor. Ring hellre än att skriva."

FRAGA_UTAN_SPECIALITET = """Hej!

Sex läkare saknar specialitet i filen. Är de under utbildning, eller ska koden med?

Hanna Holm"""

DISPENS = "Regionens nya lönesystem har inte ansvarskoder förrän i januari. Överenskommet per telefon."

DRIFT = "Portalen uppdateras på lördag och är stängd klockan 8 till 20. Det ni har lämnat är sparat."
FAULT_TITLE = "En del exporter skriver lönen i ören i fält 22"
FAULT = """Lönen blir hundra gånger för hög, och kontroll RIM03 slår till på nästan varje rad.

Tills leverantören har rättat exporten: ta ut filen med lönen i hela kronor om det går. Annars lämnar ni filen när exporten är rättad. Rätta inte rad för rad."""
