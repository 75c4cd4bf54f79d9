"""The lists of a French company: TVA in euros, and forms that say where they were delivered."""

from __future__ import annotations

from random import Random

from qbo_emulator.seed.country import Country, table


def tva_number(dice: Random) -> str:
    """FR, a key of two digits (12 + 3 * (SIREN modulo 97), modulo 97) and the nine digits of the SIREN."""
    siren = dice.randrange(300_000_000, 900_000_000)
    return f"FR{(12 + 3 * (siren % 97)) % 97:02d}{siren}"


FR = Country(
    iso3="FRA",
    street=("18 quai Saint-Vincent", "Lyon", "", "69001"),
    phone="04 72 00 0# ##",
    industry="Matériel de cuisine professionnelle",
    accounts=table(
        """
Compte courant|Asset|Bank|Checking
Livret|Asset|Bank|Savings
Clients|Asset|Accounts Receivable|AccountsReceivable
Fonds non déposés|Asset|Other Current Asset|UndepositedFunds
Stock|Asset|Other Current Asset|Inventory
Ventes de marchandises|Revenue|Income|SalesOfProductIncome
Prestations de services|Revenue|Income|ServiceFeeIncome
Installation|Revenue|Income|ServiceFeeIncome
Port facturé|Revenue|Income|ServiceFeeIncome
Études|Revenue|Income|ServiceFeeIncome
Remises accordées|Revenue|Income|DiscountsRefundsGiven
Achats de marchandises|Expense|Cost of Goods Sold|SuppliesMaterialsCogs
Loyer|Expense|Expense|RentOrLeaseOfBuildings
Véhicules|Expense|Expense|Auto
Assurances|Expense|Expense|Insurance
Énergie|Expense|Expense|Utilities
Fournitures de bureau|Expense|Expense|OfficeGeneralAdministrativeExpenses
Carte bancaire|Liability|Credit Card|CreditCard
Fournisseurs|Liability|Accounts Payable|AccountsPayable
TVA à payer|Liability|Other Current Liability|GlobalTaxPayable
Emprunt|Liability|Long Term Liability|NotesPayable
Capital social|Equity|Equity|OwnersEquity
Report à nouveau|Equity|Equity|RetainedEarnings
Produits non classés|Revenue|Income|ServiceFeeIncome
"""
    ),
    items=table(
        """
Services|Service||75|0|20 % FR|7|Prestations diverses
Four mixte 6 niveaux|Inventory|FM-6|4890.00|2900|20 % FR|6|Électrique, 11 kW
Four mixte 10 niveaux|Inventory|FM-10|7450.00|4600|20 % FR|6|Électrique, 19 kW
Plaque à induction|Inventory|PI-2|1129.50|610|20 % FR|6|Deux foyers, 7 kW
Friteuse 12 l|Inventory|FR-12|689.90|370|20 % FR|6|Bac démontable
Salamandre|NonInventory|SA-1|745.00|410|20 % FR|6|Plafond mobile
Lave-vaisselle|NonInventory|LV-50|2380.00|1350|20 % FR|6|Panier 50 x 50
Armoire froide 700 l|Inventory|AF-700|1695.00|980|20 % FR|6|Inox, 0 à 8 degrés
Cellule de refroidissement|NonInventory|CR-5|2950.00|1700|20 % FR|6|Cinq niveaux
Table inox 160|Inventory|TI-160|389.00|190|20 % FR|6|Dosseret, étagère basse
Batteur 20 l|NonInventory|BA-20|1540.00|880|20 % FR|6|Trois vitesses
Trancheuse 300|NonInventory|TR-300|1210.00|690|20 % FR|6|Lame 300 mm
Coupe-légumes|Inventory|CL-5|1089.00|600|20 % FR|6|Cinq disques
Mixeur plongeant|Inventory|MP-45|398.50|210|20 % FR|6|45 cm
Bac GN 1/1|Inventory|BG-11|18.35|7|20 % FR|6|Profondeur 65 mm
Couteau de chef|Inventory|CC-25|46.90|21|20 % FR|6|25 cm
Manuel de cuisine|NonInventory|LI-1|39.00|22|5,5 % FR|6|Livre imprimé
Formation en cuisine|Service|SV-FOR|890.00|0|20 % FR|7|Par journée
Rénovation de cuisine|Service|SV-REN|2400.00|0|10 % FR|8|Logement de plus de deux ans
Installation|Service|SV-INS|64.00|0|20 % FR|8|Par heure
Entretien annuel|Service|SV-ENT|320.00|0|20 % FR|8|Par appareil
Étude de cuisine|Service|SV-ETU|1150.00|0|20 % FR|10|Plans et notice
Livraison|Service|SV-LIV|95.00|0|20 % FR|9|France métropolitaine
Livraison Corse|Service|SV-LIC|240.00|0|20 % FR|9|Par palette
"""
    ),
    bundle=("Cuisine de départ", table("Plaque à induction|1\nTable inox 160|2\nBac GN 1/1|6")),
    terms=table("À réception|0\n15 jours|15\n30 jours|30\n60 jours|60\n45 jours fin de mois|31|14"),
    methods=table(
        "Espèces|NON_CREDIT_CARD\nVirement|NON_CREDIT_CARD\nCarte bleue|CREDIT_CARD\nChèque|NON_CREDIT_CARD\n"
        "Prélèvement|NON_CREDIT_CARD"
    ),
    agencies=("Direction générale des finances publiques",),
    rates=table(
        """
20 % FR (Ventes)|20|0
10 % FR (Ventes)|10|0
5.5 % FR (Ventes)|5.5|0
0 % UE (Ventes)|0|0
0 % Export (Ventes)|0|0
"""
    ),
    codes=table(
        """
20 % FR|Taux normal|20 % FR (Ventes)
10 % FR|Taux intermédiaire|10 % FR (Ventes)
5,5 % FR|Taux réduit|5.5 % FR (Ventes)
0 % UE|Livraison intracommunautaire|0 % UE (Ventes)
0 % Export|Exportation|0 % Export (Ventes)
"""
    ),
    words=tuple(
        "Allier Beaujolais Cévennes Dauphiné Forez Gironde Jura Léman Marais Nivernais Oisans Provence "
        "Quercy Rhône Savoie Touraine Vercors".split()
    ),
    trades=tuple(
        "Traiteur|Restauration|Hôtels|Boulangerie|Cantines|Brasserie|Pâtisserie|Séminaires|Salaisons".split(
            "|"
        )
    ),
    forms=("SARL", "SAS", "SA", "& Fils"),
    given=tuple("Amélie Bastien Chloé Damien Élodie Fabrice Inès Jules Léa Mathieu Noémie Rémi".split()),
    family=tuple("Arnaud Blanchet Carpentier Delmas Faure Garnier Lemoine Marchand Perrin Roussel".split()),
    roads=("rue de la République", "avenue Jean-Jaurès", "cours Gambetta", "rue du Port", "place du Marché"),
    towns=table(
        "Lyon||6900#\nGrenoble||380##\nParis||750##\nMarseille||130##\nNantes||440##\nAjaccio||20000"
    ),
    vendors=(
        "Inox Rhodanien",
        "Froid Service",
        "Transports Bouvier",
        "Assurances du Parc",
        "Hébergeur Lumière",
    ),
    employees=table("Lucie|Fontaine\nKarim|Haddad\nMarc|Vidal"),
    memos=(
        "Merci de votre confiance.",
        "Pénalités de retard : trois fois le taux légal.",
        "Escompte : néant.",
    ),
    tax_number=tva_number,
)
